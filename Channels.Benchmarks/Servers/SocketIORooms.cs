using System.Text.Json;
using Channels.SocketIO;

namespace Channels.Benchmarks;

/// <summary>What <c>External/node/socketio.js</c> serves, as a namespace of ours.</summary>
/// <param name="rooms">Emits to rooms.</param>
internal sealed partial class SocketIORooms(SocketIOEmitter rooms) : SocketIOConsumer
{
    [On("join")]
    public async ValueTask JoinAsync(string group)
    {
        await Socket.JoinAsync(group);
        await Socket.EmitAsync("joined");
    }

    [On("echo")]
    public ValueTask EchoAsync(string text) => Socket.EmitAsync("m", text);

    [On("pub")]
    public ValueTask PublishAsync(string group, JsonElement value) => rooms.To(group).EmitAsync("m", value);
}
