namespace Channels.Benchmarks;

/// <summary>What a workload hears from its clients.</summary>
internal interface IClientObserver
{
    /// <summary>The handshake and the dialect's greeting are done.</summary>
    void OnOpen(WebSocketClient client);

    /// <summary>A stamped message came.</summary>
    void OnDelivery(WebSocketClient client, in Stamp stamp, long now);

    /// <summary>The connection is gone; <paramref name="expected"/> when the client asked for it.</summary>
    void OnEnded(WebSocketClient client, string reason, bool expected);
}
