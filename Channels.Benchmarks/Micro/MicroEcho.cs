namespace Channels.Benchmarks;

/// <summary>Sends the bytes it received back.</summary>
internal sealed class MicroEcho : WebSocketConsumer
{
    protected override ValueTask OnReceiveAsync(WebSocketReceive message) => SendTextAsync(message.Payload);
}
