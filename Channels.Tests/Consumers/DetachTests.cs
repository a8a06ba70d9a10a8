using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Consumers;

/// <summary>E-68: work that outlives its event is owned by the consumer.</summary>
public sealed class DetachTests
{
    private readonly Journal _journal = new();
    private readonly Gate _gate = new();
    private readonly LogRecorder _log = new();

    [Test]
    [Proves("E-68")]
    public async Task Detached_work_runs_beside_later_handlers()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("send");
        await _gate.Reached;
        await socket.SendTextAsync("?");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("handled"));
        _gate.Open();

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("from the background"));
    }

    [Test]
    [Proves("E-68")]
    public async Task It_is_cancelled_by_the_disconnect_and_awaited_before_disposal()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("wait");
        await _gate.Reached;
        await socket.DisconnectAsync(); // returns only when the work has ended

        Assert.That(_journal.Entries, Has.Member("cancelled").And.Member("disconnect 1000"));
        Assert.That(_journal.Entries[^1], Is.EqualTo("dispose"));
        Assert.That(_log.Lines, Is.Empty);
    }

    [Test]
    [Proves("E-68")]
    public async Task It_is_cancelled_when_the_consumer_stops_itself()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("wait");
        await _gate.Reached;
        await socket.SendTextAsync("stop");
        await socket.WaitAsync();

        Assert.That(_journal.Entries, Has.Member("cancelled"));
    }

    [Test]
    [Proves("E-68")]
    public async Task Its_failure_ends_an_idle_consumer_with_1011()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("fail");
        await _gate.Reached;
        _gate.Open();

        Assert.That(async () => await socket.WaitAsync(), Throws.InvalidOperationException.With.Message.EqualTo("in the background"));
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "disconnect 1011", "dispose" }));
        Assert.That(_log.Lines, Is.Empty); // the server logs what leaves the application
    }

    [Test]
    [Proves("E-68")]
    public async Task A_failure_during_the_end_is_told_too()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("fail when cancelled");
        await _gate.Reached;

        Assert.That(async () => await socket.DisconnectAsync(), Throws.InvalidOperationException.With.Message.EqualTo("while ending"));
        Assert.That(_journal.Entries[^1], Is.EqualTo("dispose"));
    }

    [Test]
    [Proves("E-68")]
    public async Task Nothing_can_be_detached_at_the_end()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("detach at the end");

        Assert.That(async () => await socket.DisconnectAsync(), Throws.InvalidOperationException.With.Message.Contains("has ended"));
    }

    [Test]
    [Proves("E-68")]
    public async Task Sending_to_a_peer_that_has_gone_is_no_failure()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("send whatever happens");
        await _gate.Reached;
        var ending = socket.DisconnectAsync();
        _gate.Open();

        await ending;
        Assert.That(_log.Lines, Is.Empty);
    }

    [TestCase("hear of the end")]
    [TestCase("ask a peer that goes")]
    public async Task Work_that_hears_of_the_end_before_its_token_does_has_not_failed(string what)
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync(what);
        await _gate.Reached;
        await socket.DisconnectAsync();

        Assert.That(_journal.Entries, Has.Member("heard"));
        Assert.That(_log.Lines, Is.Empty);
    }

    private async Task<WebSocketCommunicator> ConnectAsync()
    {
        var socket = Communicator.WebSocket(Consumer.Of<Detaching>(_journal, _gate), "/").WithScope(s => s with { Services = new OneService(_log) });
        await socket.ConnectAsync();
        return socket;
    }

    private sealed class Detaching(Journal journal, Gate gate) : WebSocketConsumer, IDisposable
    {
        private bool _detachAtTheEnd;

        public void Dispose() => journal.Add("dispose");

        protected override ValueTask OnTextAsync(string text)
        {
            switch (text)
            {
                case "?":
                    return SendTextAsync("handled");
                case "stop":
                    Stop();
                    break;
                case "detach at the end":
                    _detachAtTheEnd = true;
                    break;
                default:
                    Detach(token => WorkAsync(text, token));
                    break;
            }

            return default;
        }

        protected override ValueTask OnDisconnectAsync(WebSocketDisconnect disconnect)
        {
            journal.Add($"disconnect {disconnect.Code}");
            if (_detachAtTheEnd)
            {
                Detach(_ => Task.CompletedTask);
            }

            return default;
        }

        // What hung itself on the connection last is called back first, and goes on in there.
        private async Task HearAsync(string what)
        {
            var heard = new TaskCompletionSource();
            using var registration = Scope.Aborted.Register(() =>
            {
                journal.Add("heard");
                heard.SetException(what == "hear of the end" ? new OperationCanceledException(Scope.Aborted) : new InvalidOperationException("no answer", new ConnectionClosedException()));
            });
            _ = gate.PassAsync(Scope.Aborted);
            await heard.Task;
        }

        private async Task WorkAsync(string what, CancellationToken cancellationToken)
        {
            if (what is "hear of the end" or "ask a peer that goes")
            {
                await HearAsync(what);
            }

            try
            {
                await gate.PassAsync(what == "send whatever happens" ? CancellationToken.None : cancellationToken);
            }
            catch (OperationCanceledException)
            {
                journal.Add("cancelled");
                throw what == "wait" ? new OperationCanceledException(cancellationToken) : new InvalidOperationException("while ending");
            }

            if (what == "fail")
            {
                throw new InvalidOperationException("in the background");
            }

            await SendTextAsync("from the background");
        }
    }
}
