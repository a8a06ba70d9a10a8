namespace Channels.Generators;

/// <summary>One record with [Message]: all that its generated part depends on, and nothing else.</summary>
/// <param name="Place">Where the record stands.</param>
/// <param name="FullName">The record's full name as source text.</param>
/// <param name="MessageType">The message type.</param>
/// <param name="Contract">The expression that gives the JSON contract.</param>
/// <param name="HidesBase">Whether a base is a message too, whose members are hidden.</param>
/// <param name="Problems">What is wrong with the record; any keeps the part from being generated.</param>
internal sealed record MessageModel(
    TypePlace Place, string FullName, string MessageType, string Contract, bool HidesBase, EquatableArray<Problem> Problems);
