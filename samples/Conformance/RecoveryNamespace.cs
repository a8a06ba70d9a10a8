using System.Text.Json;
using Channels;
using Channels.SocketIO;

namespace Conformance;

/// <summary>For clients that are cut off and come back: what they had, and what they missed.</summary>
internal sealed partial class RecoveryNamespace : SocketIOConsumer
{
    [On("join")]
    public ValueTask Join(string room) => Socket.JoinAsync(room);

    [On("leave")]
    public ValueTask Leave(string room) => Socket.LeaveAsync(room);

    [On("set")]
    public void Set(string name, JsonElement value) => Socket.Data[name] = value;

    [On("state")]
    public object State() => new { recovered = Socket.IsRecovered, rooms = Socket.Rooms.Skip(1), data = Socket.Data.ToDictionary(entry => entry.Key, entry => entry.Value) };

    [On("say")]
    public ValueTask Say(string room, JsonElement value) => Socket.To(room).EmitAsync("said", value);

    [On("tell")]
    public ValueTask Tell(JsonElement value) => Socket.EmitAsync("told", value);
}
