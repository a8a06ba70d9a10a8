using System.Text.Json;
using Channels.SocketIO;

namespace Channels.Tests.Admin;

/// <summary>Does what administrators are to see.</summary>
internal sealed partial class TalkNamespace : SocketIOConsumer
{
    protected override async ValueTask OnConnectAsync(JsonElement authentication)
    {
        Socket.Data["name"] = "ann";
        Socket.Data["key"] = new byte[] { 1, 2, 3 };
        if (authentication.TryGetProperty("token", out _))
        {
            Socket.Data["unspeakable"] = typeof(int); // has no contract
        }

        await Socket.JoinAsync("lobby");
    }

    [On("rename")]
    public void Rename(string name) => Socket.Data["name"] = name;

    [On("join")]
    public ValueTask JoinAsync(string room) => Socket.JoinAsync(room);

    [On("leave")]
    public ValueTask LeaveAsync(string room) => Socket.LeaveAsync(room);

    [On("say")]
    public ValueTask SayAsync(SocketIOArguments arguments) => Socket.EmitAsync("said", arguments);

    [On("tell")]
    public ValueTask TellAsync(string text) => Socket.To("lobby").EmitAsync("told", text);
}
