using System.Text.Json;
using Channels.SocketIO;

namespace Channels.Tests.Sockets;

/// <summary>The main namespace of the conformance suite, and what other tests need.</summary>
internal sealed partial class MainNamespace(Journal journal) : SocketIOConsumer
{
    protected override async ValueTask OnConnectAsync(JsonElement authentication)
    {
        journal.Sockets[Socket.Id] = Socket;
        if (authentication.TryGetProperty("wait", out var whatFor))
        {
            await Socket.JoinAsync("early");
            journal.Note("waiting");
            await (whatFor.GetString() == "gate" ? journal.Gate.Task : Task.Delay(Timeout.Infinite, Aborted).ContinueWith(_ => { }, TaskScheduler.Default));
        }

        if (authentication.TryGetProperty("greet", out var lengths))
        {
            foreach (var (i, length) in lengths.EnumerateArray().Index())
            {
                await Socket.EmitAsync("greeting", i, new string('x', length.GetInt32()));
            }
        }

        await Socket.EmitAsync("auth", authentication);
    }

    protected override async ValueTask OnDisconnectAsync(string reason)
    {
        journal.Note($"left {reason} from {string.Join(' ', Socket.Rooms.Skip(1))}");
        await Socket.JoinAsync("late");
        await Socket.EmitAsync("late");
    }

    [On("message")]
    public ValueTask Message(SocketIOArguments arguments) => Socket.EmitAsync("message-back", arguments);

    [On("message-with-ack")]
    public SocketIOArguments MessageWithAck(SocketIOArguments arguments) => arguments;

    [On("echo")]
    public SocketIOArguments Echo(SocketIOArguments arguments) => arguments;

    [On("nothing")]
    public void Nothing() => journal.Note("nothing");

    [On("twice")]
    public async ValueTask Twice(Acknowledgement acknowledgement)
    {
        await acknowledgement.SendAsync(1);
        await acknowledgement.SendAsync(2);
    }

    [On("never")]
    public void Never(Acknowledgement acknowledgement) => journal.Note($"wanted {acknowledgement.IsWanted}");

    [On("fail")]
    public void Fail() => throw new InvalidOperationException("on purpose");

    [On("sum of: two, numbers")]
    public async Task<int> Sum(int first, int second = 10)
    {
        await Task.Yield();
        return first + second;
    }

    [On("typed")]
    public string Typed(string text, int? number, byte[] bytes, Picture picture, CancellationToken token) =>
        $"{text} {number?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"} {Convert.ToHexString(bytes)} {picture.Name} {Convert.ToHexString(picture.Content)} {token.CanBeCanceled}";

    [On("picture")]
    public Picture MakePicture() => new("cat", [1, 2], new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    [On("ask")]
    public async ValueTask Ask(string question)
    {
        try
        {
            var answer = await Socket.Timeout(TimeSpan.FromSeconds(5)).EmitWithAckAsync("question", question);
            journal.Note($"answered {answer.Count} {(answer.Count > 0 ? answer.GetJson(0) : "")}");
        }
        catch (AcknowledgementException error)
        {
            journal.Note(error.IsTimeout ? "timeout" : "gone");
        }
    }

    [On("stay")]
    public async Task StayAsync()
    {
        journal.Note("stays");
        await Task.Delay(Timeout.Infinite, Aborted).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [On("hold")]
    public async ValueTask Hold()
    {
        journal.Note("held");
        await journal.Gate.Task;
    }

    [On("stall")]
    public async ValueTask Stall(CancellationToken token)
    {
        journal.Note("stalled");
        await Task.Delay(Timeout.Infinite, token);
    }

    [On("demand")]
    public async ValueTask Demand() => await Socket.EmitWithAckAsync("question");

    [On("demand beside")]
    public void DemandBeside() => Detach(async _ => await Socket.EmitWithAckAsync("question"));

    [On("join")]
    public ValueTask Join(string room) => Socket.JoinAsync(room);

    [On("leave")]
    public ValueTask Leave(string room) => Socket.LeaveAsync(room);

    [On("rooms")]
    public IEnumerable<string> Rooms() => Socket.Rooms.Skip(1);

    [On("say")]
    public ValueTask Say(string room, string text) => Socket.To(room).EmitAsync("said", text);

    [On("shout")]
    public ValueTask Shout(string text) => Socket.Broadcast.EmitAsync("said", text);

    [On("shout here")]
    public async ValueTask ShoutHere(string text)
    {
        await Socket.Broadcast.Local.EmitAsync("said", text, 1);
        await Socket.Broadcast.Local.EmitAsync("said", text, 2);
    }

    [On("meet")]
    public async ValueTask Meet(string id)
    {
        await journal.Sockets[id].EmitAsync("hello");
        await journal.Sockets[id].DisconnectAsync();
    }

    [On("out")]
    public ValueTask Out(bool close) => Socket.DisconnectAsync(close);

    [On("who")]
    public string Who() => $"{Scope.User?.Identity?.Name} {Scope.Headers["x-kind"]} {Scope.QueryString}";
}

/// <summary>What is sent and received with bytes inside.</summary>
internal sealed record Picture(string Name, byte[] Content, DateTimeOffset? Taken = null);

/// <summary>The second namespace of the conformance suite.</summary>
internal sealed class CustomNamespace : SocketIOConsumer
{
    protected override ValueTask OnConnectAsync(JsonElement authentication) => Socket.EmitAsync("auth", authentication);
}

/// <summary>Lets in whom it knows.</summary>
internal sealed partial class GuardedNamespace(Journal journal) : SocketIOConsumer
{
    protected override async ValueTask OnConnectAsync(JsonElement authentication)
    {
        await Socket.JoinAsync("hall");
        switch (authentication.TryGetProperty("token", out var token) ? token.GetString() : null)
        {
            case "right":
                return;
            case "data":
                throw new SocketIORefusedException("No", new { Code = 7 });
            case "broken":
                throw new InvalidOperationException("a secret");
            default:
                throw new SocketIORefusedException();
        }
    }

    protected override ValueTask OnDisconnectAsync(string reason)
    {
        journal.Note("guarded left");
        return ValueTask.CompletedTask;
    }

    [On("echo")]
    public SocketIOArguments Echo(SocketIOArguments arguments) => arguments;
}

/// <summary>A family of namespaces.</summary>
internal sealed partial class NumberedNamespace : SocketIOConsumer
{
    [On("number")]
    public string Number() => Route["number"];

    [On("echo")]
    public SocketIOArguments Echo(SocketIOArguments arguments) => arguments;

    [On("join")]
    public ValueTask Join(string room) => Socket.JoinAsync(room);
}
