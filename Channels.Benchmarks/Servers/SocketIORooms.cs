using System.Text.Json;
using Channels.SocketIO;

namespace Channels.Benchmarks;

/// <summary>What <c>External/node/socketio.js</c> serves, as a namespace of ours.</summary>
/// <remarks>It takes no services, as the group of plain sockets beside it takes none: who does not publish pays for none.</remarks>
internal sealed partial class SocketIORooms : SocketIOConsumer
{
    private SocketIOEmitter? _rooms;

    [On("join")]
    public async ValueTask JoinAsync(string group)
    {
        await Socket.JoinAsync(group);
        await Socket.EmitAsync("joined");
    }

    [On("echo")]
    public ValueTask EchoAsync(string text) => Socket.EmitAsync("m", text);

    [On("pub")]
    public ValueTask PublishAsync(string group, JsonElement value) => (_rooms ??= new(RequireLayer())).To(group).EmitAsync("m", value);
}
