namespace Channels.Benchmarks;

/// <summary>Reads an object and writes it back.</summary>
internal sealed class MicroJsonEcho() : JsonWebSocketConsumer<MicroMessage, MicroMessage>(MicroJson.Default.MicroMessage, MicroJson.Default.MicroMessage)
{
    protected override ValueTask OnJsonAsync(MicroMessage message) => SendJsonAsync(message);
}
