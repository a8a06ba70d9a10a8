namespace Channels.SocketIO;

/// <summary>Where in a payload an attachment belongs.</summary>
/// <param name="Start">Where the object that stands for it begins.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Number">The attachment's number.</param>
internal readonly record struct Placeholder(int Start, int End, int Number);
