using System.Collections.Concurrent;
using Channels;
using Channels.Testing;
using Microsoft.Extensions.DependencyInjection;
using Outside.Layers;

namespace Outside.Lines;

/// <summary>
/// A protocol that no project of ours knows: its scope, events, consumers and connections are made here, of public API alone,
/// and have what WebSockets have.
/// </summary>
public sealed class LineConsumerTests : IDisposable
{
    private readonly ConcurrentQueue<string> _journal = new();
    private readonly SmallLayer _layer = new();
    private readonly ServiceProvider _services;
    private readonly Application _room;

    public LineConsumerTests()
    {
        _services = TestServices.Create(services => services.AddChannels(channels => channels.AddLayer("default", _ => _layer)));
        _room = Consumer.Of<RoomConsumer>(_journal);
    }

    public void Dispose() => _services.Dispose();

    [Test]
    public async Task It_joins_groups_and_handles_what_they_are_sent()
    {
        var (ann, ben) = (await EnterAsync(), await EnterAsync());
        ann.Write("hello");
        Assert.That(await ben.ReadTextAsync(), Is.EqualTo("hello"));
        ben.Write("hello yourself");
        Assert.That(await ann.ReadTextAsync(), Is.EqualTo("hello yourself"), "the sender itself is excepted");
        await LeaveAsync(ann, ben);
    }

    [Test]
    public async Task What_it_passes_on_goes_past_it_while_it_sleeps_and_keeps_its_place()
    {
        var peer = await EnterAsync();
        LineConnection.Line line;
        var sent = 0;
        do
        {
            // Right after its last event it may still be awake: then it sends by itself.
            await _layer.GroupSendAsync("room", LineConsumer.Notice($"{++sent}"));
            line = await peer.ReadAsync();
            Assert.That(line.Text, Is.EqualTo($"* {sent}"));
        }
        while (!line.PastConsumer);

        await _layer.GroupSendAsync("room", new ChannelMessage("room.said", new MessageMap { ["text"] = "handled" }));
        await _layer.GroupSendAsync("room", LineConsumer.Notice("last"));
        Assert.That(await peer.ReadAsync(), Is.EqualTo(new LineConnection.Line("handled", PastConsumer: false)));
        Assert.That(await peer.ReadTextAsync(), Is.EqualTo("* last"));
        await LeaveAsync(peer);
    }

    [Test]
    public async Task Middleware_that_wraps_send_sees_what_is_passed_on_too()
    {
        var peer = LineConnection.Open(new Shout(_room), _services);
        Assert.That(await peer.ReadTextAsync(), Is.EqualTo("WELCOME"));
        for (var i = 0; i < 20; i++)
        {
            await _layer.GroupSendAsync("room", LineConsumer.Notice("psst"));
            Assert.That(await peer.ReadAsync(), Is.EqualTo(new LineConnection.Line("* PSST", PastConsumer: false)));
        }

        await LeaveAsync(peer);
    }

    [Test]
    public async Task A_message_closes_its_connection_in_the_protocols_own_way_and_it_cleans_up_once()
    {
        var (closed, other) = (await EnterAsync(), await EnterAsync());
        closed.Write("who");
        var channel = await closed.ReadTextAsync();
        await _layer.SendAsync(channel, ChannelMessage.CloseConnection(4001, "logged out"));
        Assert.That(await closed.ReadTextAsync(), Is.EqualTo("bye 4001 logged out"));
        await closed.WhenEnded();
        Assert.That(_journal, Is.EqualTo(["closed, failed: False"]));

        await _layer.SendAsync(channel, LineConsumer.Notice("too late"));
        await _layer.GroupSendAsync("room", new ChannelMessage("room.said", new MessageMap { ["text"] = "still here" }));
        Assert.That(await other.ReadTextAsync(), Is.EqualTo("still here"));
        await LeaveAsync(other);
        Assert.That(_layer.Groups, Is.Empty);
    }

    [Test]
    public async Task It_decides_which_errors_end_the_connection()
    {
        var peer = await EnterAsync();
        peer.Write("nonsense");
        Assert.That(await peer.ReadTextAsync(), Is.EqualTo("? I know no nonsense"));
        peer.Write("fall");
        Assert.That(peer.WhenEnded, Throws.TypeOf<InvalidTimeZoneException>());
        Assert.That(_journal, Is.EqualTo(["closed, failed: True"]));
        Assert.That(_layer.Groups, Is.Empty);
    }

    [Test]
    public void It_serves_no_other_protocol() =>
        Assert.That(async () => await _room(new WebSocketScope { Path = "/", Services = _services }, _ => throw new AssertionException("asked"), (_, _) => default), Throws.TypeOf<UnsupportedScopeException>());

    private static async Task LeaveAsync(params LineConnection[] peers)
    {
        foreach (var peer in peers)
        {
            peer.End();
            await peer.WhenEnded();
        }
    }

    private async Task<LineConnection> EnterAsync()
    {
        var connection = LineConnection.Open(_room, _services);
        Assert.That(await connection.ReadTextAsync(), Is.EqualTo("welcome"));
        return connection;
    }

    private sealed class Shout(Application inner) : ApplicationMiddleware(inner)
    {
        public override Task InvokeAsync(Scope scope, Receive receive, Send send) => Inner(scope, receive, (message, cancellationToken) =>
            send(message is LineSend line ? new LineSend(line.Text.ToUpperInvariant()) : message, cancellationToken));
    }
}
