namespace Channels;

/// <summary>What history has written on a message: where it stands, and in whose history.</summary>
/// <param name="Group">The group.</param>
/// <param name="Position">The position; an offset of 0 when whoever delivers the message does not know it and only its history does.</param>
internal sealed record HistoryStamp(string Group, HistoryPosition Position);
