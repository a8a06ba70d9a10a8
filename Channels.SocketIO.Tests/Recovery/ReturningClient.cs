using System.Text.RegularExpressions;
using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>A client that comes back, as the official one does: it says its secret and the last offset that it had.</summary>
/// <param name="space">The namespace.</param>
internal sealed partial class ReturningClient(string space = "/") : IAsyncDisposable
{
    private readonly List<FakeClient> _sessions = [];
    private readonly string _prefix = space == "/" ? "" : space + ",";

    public FakeClient Session => _sessions[^1];

    public string Id { get; private set; } = "";

    public string Pid { get; set; } = "";

    public string? Offset { get; set; }

    /// <summary>What it said for itself besides.</summary>
    public string Says { get; set; } = "";

    /// <summary>Connects for the first time, or again. Gives the events that came before the answer.</summary>
    /// <param name="server">The server.</param>
    /// <param name="services">Its process.</param>
    /// <param name="change">Changes the session's scope.</param>
    public async Task<string[]> ConnectAsync(SocketIOServer server, IServiceProvider services, Func<EngineIOScope, EngineIOScope>? change = null)
    {
        Ask(server, services, change);
        return await AnswerAsync();
    }

    /// <summary>Connects without waiting for the answer.</summary>
    public void Ask(SocketIOServer server, IServiceProvider services, Func<EngineIOScope, EngineIOScope>? change = null)
    {
        _sessions.Add(new FakeClient(server, services, change));
        List<string> authentication = [];
        if (Pid.Length > 0)
        {
            authentication.Add($"\"pid\":\"{Pid}\"");
        }

        if (Offset is not null)
        {
            authentication.Add($"\"offset\":\"{Offset}\"");
        }

        if (Says.Length > 0)
        {
            authentication.Add(Says);
        }

        Session.Text($"0{_prefix}{{{string.Join(',', authentication)}}}");
    }

    public async Task<string[]> AnswerAsync()
    {
        List<string> before = [];
        while (true)
        {
            var frame = await Session.ReceiveAsync();
            if (Answer().Match(frame) is { Success: true } answer)
            {
                (Id, Pid) = (answer.Groups["sid"].Value, answer.Groups["pid"].Value);
                return [.. before];
            }

            before.Add(TakeOffset(frame));
        }
    }

    /// <summary>The next frame, without its offset.</summary>
    public async Task<string> NextAsync() => TakeOffset(await Session.ReceiveAsync());

    public async Task ExpectAsync(params string[] frames)
    {
        foreach (var frame in frames)
        {
            Assert.That(await NextAsync(), Is.EqualTo(frame));
        }
    }

    /// <summary>Emits an event and expects its acknowledgement next.</summary>
    public async Task CallAsync(string call, string answer = "")
    {
        Session.Text($"2{_prefix}1{call}");
        Assert.That(await NextAsync(), Is.EqualTo($"43{_prefix}1[{answer}]"));
    }

    /// <summary>The connection is cut.</summary>
    public async Task DropAsync(string reason = "transport close")
    {
        Session.Leave(reason);
        await Session.Completion.WaitAsync(Eventually.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions)
        {
            await session.DisposeAsync();
        }
    }

    private string TakeOffset(string frame)
    {
        if (Event().Match(frame) is not { Success: true } match)
        {
            return frame;
        }

        Offset = match.Groups["offset"].Value;
        return match.Groups["event"].Value + "]";
    }

    [GeneratedRegex("^40(/[^,]*,)?\\{\"sid\":\"(?<sid>[A-Za-z0-9_-]{20})\"(,\"pid\":\"(?<pid>[A-Za-z0-9_-]{20})\")?\\}$")]
    private static partial Regex Answer();

    [GeneratedRegex("^(?<event>4[25].*),\"(?<offset>[0-9a-f]{16}:[0-9]+)\"\\]$")]
    private static partial Regex Event();
}
