namespace Channels.Kestrel;

/// <summary>What the reading side of a connection tells its connection; called by one thread at a time, without locks.</summary>
internal interface IInboundPumpOwner
{
    /// <summary>Some octets have come: the peer lives.</summary>
    void OnInput();

    /// <summary>A message goes to the application.</summary>
    void OnMessage(WebSocketMessageKind kind, int length);

    void OnPing(ReadOnlySpan<byte> body);

    /// <summary>Nothing is read until the application has taken some of what waits.</summary>
    void OnPaused();

    /// <summary>The peer's close frame; nothing is read afterwards.</summary>
    void OnPeerClose(int code, string reason);

    /// <summary>The peer broke the protocol.</summary>
    void OnFault(WebSocketFault fault);

    /// <summary>The peer ended or lost the connection without a close frame.</summary>
    void OnInputLost();

    /// <summary>What the peer sends after a fault or our close frame need not be waited for any longer.</summary>
    void OnDrained();

    /// <summary>The transport's reader is at rest. Called once, as the last of all calls.</summary>
    void OnInputFinished();
}
