using System.Text.Json;
using Channels.SocketIO;

namespace Channels.Tests.Sockets;

/// <summary>A namespace whose clients come back.</summary>
internal sealed partial class ReturningNamespace(Journal journal) : SocketIOConsumer
{
    protected override async ValueTask OnConnectAsync(JsonElement authentication)
    {
        journal.Note($"connected {Socket.IsRecovered}");
        if (authentication.TryGetProperty("spoil", out _))
        {
            Socket.Data["spoilt"] = new Spoilt();
        }

        if (authentication.TryGetProperty("wait", out _))
        {
            await journal.Gate.Task;
        }

        if (authentication.TryGetProperty("refuse", out _))
        {
            throw new SocketIORefusedException("No");
        }
    }

    protected override ValueTask OnDisconnectAsync(string reason)
    {
        journal.Note($"left {reason}");
        return ValueTask.CompletedTask;
    }

    [On("join")]
    public ValueTask Join(string room) => Socket.JoinAsync(room);

    [On("leave")]
    public ValueTask Leave(string room) => Socket.LeaveAsync(room);

    [On("fill")]
    public async ValueTask Fill()
    {
        Socket.Data["name"] = "anna";
        Socket.Data["number"] = 7;
        Socket.Data["bytes"] = new byte[] { 1, 2 };
        Socket.Data["gone"] = true;
        Socket.Data["picture"] = new Picture("cat", [3]);
        Socket.Data["handle"] = new MemoryStream(); // nothing that could be kept
        Socket.Data.Remove("gone");
        await Socket.JoinAsync("filled"); // what was put in before is kept with the room
    }

    [On("state")]
    public string State()
    {
        var data = Socket.Data;
        var text = data.TryGet<string>("name", out var name) && data.TryGet<int>("number", out var number) && data.TryGet<byte[]>("bytes", out var bytes)
            && data.TryGet<Picture>("picture", out var picture) && !data.TryGet<int>("name", out _)
                ? $"{name} {number} {Convert.ToHexString(bytes)} {picture.Name} {Convert.ToHexString(picture.Content)} {data.ContainsKey("gone")}" : "nothing";
        return $"{Socket.IsRecovered} {string.Join(',', Socket.Rooms.Skip(1).Order(StringComparer.Ordinal))} {text}";
    }

    [On("hello")]
    public async Task<string> Hello()
    {
        await Socket.EmitAsync("hello", 1);
        return "done";
    }

    [On("kinds")]
    public async ValueTask Kinds(Acknowledgement acknowledgement)
    {
        await Socket.EmitAsync("plain");
        await Socket.Volatile.EmitAsync("volatile");
        await Socket.EmitAsync("bytes", new byte[] { 9 });
        await acknowledgement.SendAsync();
        Detach(async _ =>
        {
            await Socket.EmitWithAckAsync("acknowledged");
            journal.Note("acknowledged");
        });
    }

    [On("say")]
    public ValueTask Say(string room, string text) => Socket.To(room).EmitAsync("said", text);

    [On("hold")]
    public async ValueTask Hold()
    {
        journal.Note("held");
        await journal.Gate.Task;
    }

    [On("echo")]
    public SocketIOArguments Echo(SocketIOArguments arguments) => arguments;

    // Cannot be written: looking at it fails.
    private sealed class Spoilt
    {
        private readonly Dictionary<string, string> _names = [];

        public string Name => _names["unknown"];
    }
}
