using Channels.SocketRouter;
using Channels.Testing;
using Channels.Tests.Consumers;

namespace Channels.Tests.SocketRouter;

/// <summary>What meets a request, or a connection, that has just ended; and timers, which nobody waits for.</summary>
public sealed class RequestEndTests
{
    [Test]
    public async Task A_request_can_be_given_up_when_its_handler_has_ended()
    {
        var request = new SocketRequest(new Peer(), new("a", "A", null), new Envelope());
        Assert.That(request.Aborted.IsCancellationRequested, Is.False);
        await request.EndAsync();

        Assert.That(() => request.Cancel(), Throws.Nothing);
        Assert.That(request.Aborted.IsCancellationRequested);
    }

    [Test]
    public async Task An_overdue_request_whose_answer_cannot_be_sent_keeps_nobody_from_the_next_one()
    {
        var (time, peer, gate, log) = (new ManualTimeProvider(), new Peer(), new Gate(), new LogRecorder());
        var route = new SocketRoute("a", "A", async (_, _) =>
        {
            await gate.PassAsync();
            return SocketAnswer.Of();
        });
        await using var runner = new RequestRunner(new TestRouter(new()), peer, new(time, log), time);
        for (var i = 0; i < 2; i++)
        {
            Assert.That(runner.TryAdd(new SocketRequest(peer, route, new Envelope()) { Deadline = time.TimestampFrequency }));
        }

        var escaped = Escapes.Of(() => time.Advance(TimeSpan.FromSeconds(1)));
        gate.Open();

        Assert.That(escaped, Is.Empty);
        Assert.That(peer.Frames, Is.EqualTo(2));
        Assert.That(log.Lines.Select(line => line.Id), Is.EqualTo(new[] { 9002 }), "the other one is counted");
    }

    [Test]
    public void The_watch_for_silence_ends_nothing_but_the_connection()
    {
        var time = new ManualTimeProvider();
        using var watch = new IdleWatch(TimeSpan.FromSeconds(1), time, () => throw new InvalidOperationException("of middleware"));

        Assert.That(Escapes.Of(() => time.Advance(TimeSpan.FromSeconds(1))), Is.Empty);
    }

    [Test]
    public async Task What_middleware_throws_at_the_close_of_a_silent_connection_is_logged()
    {
        await using var client = await RouterClient.ConnectAsync<TestRouter>(middleware: inner => (scope, receive, send) =>
            inner(scope, receive, (message, token) => message is WebSocketClose ? throw new InvalidOperationException("of middleware") : send(message, token)));
        await client.Time.WaitForTimersAsync(); // the client knows that it is connected before the watch begins

        Assert.That(Escapes.Of(() => client.Time.Advance(TimeSpan.FromSeconds(150))), Is.Empty);
        Assert.That(client.Log.Lines.Select(line => line.Id), Is.EqualTo(new[] { 9002 }));
        Assert.That(await client.AskAsync(RouterClient.Request("a", "empty")), Does.Contain("200"));
    }

    private sealed class Peer : IRequestPeer
    {
        public int Frames { get; private set; }

        public SocketRouterOptions Options { get; } = new();

        public IServiceProvider Services => throw new NotSupportedException();

        public CancellationToken Aborted => CancellationToken.None;

        public IGroupHistory History => throw new NotSupportedException();

        public string User => "";

        public bool NoteLayerFailure(Exception error) => false;

        public void NoteRefusal(string route, Exception error) => throw new NotSupportedException();

        public void BeginBurst()
        {
        }

        public void EndBurst()
        {
        }

        public ValueTask SendAsync(ReadOnlyMemory<byte> frame)
        {
            Frames++;
            throw new InvalidOperationException("cannot be sent");
        }
    }
}
