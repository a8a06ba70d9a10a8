using System.Text.Json;
using Channels.SocketIO;

namespace Conformance;

/// <summary>Tells what the client says for itself, and sends back what it sends.</summary>
internal sealed partial class MainNamespace : SocketIOConsumer
{
    protected override ValueTask OnConnectAsync(JsonElement authentication) => Socket.EmitAsync("auth", authentication);

    [On("message")]
    public ValueTask Message(SocketIOArguments arguments) => Socket.EmitAsync("message-back", arguments);

    [On("message-with-ack")]
    public SocketIOArguments MessageWithAck(SocketIOArguments arguments) => arguments;
}
