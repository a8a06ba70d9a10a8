using System.Text.Json;
using Channels.SocketIO;

namespace Conformance;

/// <summary>Tells what the client says for itself, and nothing else.</summary>
internal sealed class CustomNamespace : SocketIOConsumer
{
    protected override ValueTask OnConnectAsync(JsonElement authentication) => Socket.EmitAsync("auth", authentication);
}
