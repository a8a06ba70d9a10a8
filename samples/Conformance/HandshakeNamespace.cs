using System.Text.Json;
using Channels.SocketIO;

namespace Conformance;

/// <summary>Tells a client how it came in.</summary>
internal sealed class HandshakeNamespace : SocketIOConsumer
{
    protected override ValueTask OnConnectAsync(JsonElement authentication) => Socket.EmitAsync("handshake", ClientHandshake.Of(Scope));
}
