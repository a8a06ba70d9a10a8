using Channels;

namespace Conformance;

/// <summary>Reads each message as a JSON object of a known type and sends it back.</summary>
internal sealed class EchoJsonConsumer() : JsonWebSocketConsumer<ConformanceMessage, ConformanceMessage>(
    ConformanceJson.Default.ConformanceMessage, ConformanceJson.Default.ConformanceMessage)
{
    protected override ValueTask OnJsonAsync(ConformanceMessage message) => SendJsonAsync(message);
}
