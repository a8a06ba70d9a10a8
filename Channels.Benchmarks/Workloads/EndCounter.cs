namespace Channels.Benchmarks;

/// <summary>Hears only of connections that end by themselves.</summary>
internal sealed class EndCounter : IClientObserver
{
    internal int Ended { get; private set; }

    internal string? Failure { get; private set; }

    public void OnOpen(WebSocketClient client)
    {
    }

    public void OnDelivery(WebSocketClient client, in Stamp stamp, long now)
    {
    }

    public void OnEnded(WebSocketClient client, string reason, bool expected)
    {
        if (expected) return;
        Ended++;
        Failure ??= reason;
    }
}
