using Channels;

namespace Outside.Lines;

/// <summary>One connection of a protocol that exchanges lines of text.</summary>
public sealed record LineScope() : Scope("line");

/// <summary>The first event of every connection.</summary>
public sealed record LineOpened() : Event("line.opened");

/// <summary>The peer has sent a line.</summary>
public sealed record LineReceived(string Text) : Event("line.received");

/// <summary>The last event of every connection.</summary>
public sealed record LineEnded() : Event("line.ended");

/// <summary>A line for the peer.</summary>
public sealed record LineSend(string Text) : Event("line.send");

/// <summary>Tells the peer that the connection ends, and ends it.</summary>
public sealed record LineGoodbye(int Code, string Reason) : Event("line.goodbye");
