namespace Channels.Testing;

/// <summary>The rules of a WebSocket, for a server that has no response to write: an accepted connection is open at once.</summary>
internal sealed class WebSocketSendRules(IReadOnlyList<string> offered) : SendRules
{
    private WebSocketPhase _phase;
    private WebSocketDenial? _denial;

    /// <inheritdoc/>
    public override bool EndIsFinal => true;

    /// <inheritdoc/>
    public override bool PassesOver(Event message) =>
        message is WebSocketClose && _phase is WebSocketPhase.Denying or WebSocketPhase.Denied or WebSocketPhase.Closed;

    /// <inheritdoc/>
    public override Event? Check(Event message)
    {
        var before = _phase;
        var after = WebSocketRules.Next(before, message, offered, ref _denial);
        _phase = after == WebSocketPhase.Accepting ? WebSocketPhase.Open : after;
        return WebSocketRules.EndOf(before, after, message);
    }
}
