using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Consumers;

/// <summary>A layer that fails ends no connection; who comes meanwhile is told to come again.</summary>
public sealed partial class LayerFailureTests
{
    private readonly RecordingLayer _layer = new() { Failure = new ChannelLayerUnavailableException("default", "it is away.") };
    private readonly LogRecorder _log = new();
    private readonly Journal _journal = new();
    private readonly ManualTimeProvider _time = new();

    [TestCase(true)]
    [TestCase(false)]
    [Proves("FC-4")]
    public async Task A_socket_whose_handler_meets_a_failing_layer_stays_open_and_is_logged_once_per_episode(bool full)
    {
        if (full)
        {
            _layer.Failure = new ChannelFullException("room", 100);
        }

        await using var socket = Socket<Chat>();
        await socket.ConnectAsync();
        _layer.Failing.Add("group send room");
        await socket.SendTextAsync("lost");
        await socket.SendTextAsync("lost too");
        await socket.SendTextAsync("echo");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("echo"));
        Assert.That(_log.Lines.Count(line => line.Id == 2004), Is.EqualTo(1));

        _time.Advance(TimeSpan.FromMinutes(2));
        await socket.SendTextAsync("lost again");
        await socket.SendTextAsync("echo");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("echo"));
        Assert.That(_log.Lines.Count(line => line.Id == 2004), Is.EqualTo(2), "a new episode");
    }

    [TestCase("open")]
    [TestCase("add room")]
    public async Task Before_the_accept_it_refuses_with_503_and_retry_after(string failing)
    {
        _layer.Failing.Add(failing);
        await using var socket = Socket<Chat>();
        var answer = await socket.ConnectAsync();
        await socket.WaitAsync(); // without an error
        Assert.That((answer.Status, answer.Headers["retry-after"]), Is.EqualTo((503, "5")));
        Assert.That(_journal.Entries, Is.Empty, "no handler has run");
    }

    [Test]
    public async Task A_handler_that_joins_before_it_accepts_refuses_as_well()
    {
        _layer.Failing.Add("add late");
        await using var socket = Socket<JoinsFirst>();
        Assert.That((await socket.ConnectAsync()).Status, Is.EqualTo(503));
    }

    [Test]
    public async Task A_request_is_answered_with_503()
    {
        _layer.Failing.Add("group send room");
        await using var request = Communicator.Http(Consumer.Of<Publishing>(), "POST", "/").WithScope(WithLayer);
        var response = await request.GetResponseAsync();
        Assert.That((response.Status, response.Headers["retry-after"]), Is.EqualTo((503, "5")));
    }

    [Test]
    public void A_response_that_has_begun_and_stays_unfinished_ends_as_a_failure() => Assert.That(
        async () =>
        {
            _layer.Failing.Add("group send room");
            await using var request = Communicator.Http(Consumer.Of<HalfWay>(), "POST", "/").WithScope(WithLayer);
            await request.GetResponseAsync();
        },
        Throws.TypeOf<ChannelLayerUnavailableException>());

    [Test]
    public async Task An_event_stream_goes_on()
    {
        await using var request = Communicator.Http(Consumer.Of<Feed>(), "GET", "/").WithScope(WithLayer);
        await request.ReceiveStartAsync();
        await request.ReceiveBodyAsync();
        _layer.Failing.Add("group send room");
        _layer.Post(_layer.Opened[0], new ChannelMessage("publish"));
        _layer.Post(_layer.Opened[0], new ChannelMessage("item"));
        Assert.That(System.Text.Encoding.UTF8.GetString((await request.ReceiveBodyAsync()).Body.Span), Does.Contain("an item"));
    }

    [Test]
    public async Task A_consumer_may_decide_otherwise()
    {
        await using var socket = Socket<Strict>();
        await socket.ConnectAsync();
        _layer.Failing.Add("group send room");
        await socket.SendTextAsync("tell");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("WebSocketReceive: ChannelLayerUnavailableException"));
        await socket.SendTextAsync("own");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("WebSocketReceive: FormatException"), "any failure may be survived");
        await socket.SendTextAsync("end");
        Assert.That(async () => await socket.WaitAsync(), Throws.TypeOf<ChannelLayerUnavailableException>());
    }

    [Test]
    public async Task Detached_work_that_meets_a_failing_layer_ends_no_socket()
    {
        await using var socket = Socket<Chat>();
        await socket.ConnectAsync();
        _layer.Failing.Add("group send room");
        await socket.SendTextAsync("detach");
        await Eventually.Is(() => _log.Lines.Any(line => line.Id == 2004));
        await socket.SendTextAsync("echo");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("echo"));
    }

    [Test]
    public void Another_failure_ends_the_socket_as_before() => Assert.That(
        async () =>
        {
            await using var socket = Socket<Chat>();
            await socket.ConnectAsync();
            await socket.SendTextAsync("throw");
            await socket.WaitAsync();
        },
        Throws.TypeOf<FormatException>());

    private Scope WithLayer(Scope scope) => scope with { Services = new OneService(_layer, _log, _time, _journal) };

    private WebSocketCommunicator Socket<T>()
        where T : WebSocketConsumer => Communicator.WebSocket(Consumer.Of<T>(_journal), "/").WithScope(WithLayer);

    public sealed class Chat(Journal journal) : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["room"];

        protected override ValueTask OnConnectAsync()
        {
            journal.Add("connect");
            return AcceptAsync();
        }

        protected override ValueTask OnTextAsync(string text)
        {
            switch (text)
            {
                case "echo":
                    return SendTextAsync(text);
                case "throw":
                    throw new FormatException();
                case "detach":
                    Detach(_ => Groups.SendAsync("room", "said").AsTask());
                    return ValueTask.CompletedTask;
                default:
                    return Groups.SendAsync("room", "said");
            }
        }
    }

    public sealed class JoinsFirst(Journal journal) : WebSocketConsumer
    {
        protected override async ValueTask OnConnectAsync()
        {
            await Groups.AddAsync("late");
            journal.Add("accepted");
            await AcceptAsync();
        }
    }

    public sealed class Strict(Journal journal) : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text)
        {
            journal.Add(text);
            return text == "own" ? throw new FormatException() : Groups.SendAsync("room", "said");
        }

        protected override async ValueTask<bool> OnErrorAsync(Event? message, Exception error)
        {
            if (journal.Count("end") > 0)
            {
                return false;
            }

            await SendTextAsync($"{message?.GetType().Name}: {error.GetType().Name}");
            return true;
        }
    }

    public sealed class Publishing : HttpConsumer
    {
        protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
        {
            await Groups.SendAsync("room", "said");
            await SendTextAsync("done");
        }
    }

    public sealed class HalfWay : HttpConsumer
    {
        protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
        {
            await SendHeadersAsync();
            await SendBodyAsync("half"u8.ToArray(), moreBody: true);
            await Groups.SendAsync("room", "said");
        }
    }

    public sealed partial class Feed : ServerSentEventsConsumer
    {
        [Handles("publish")]
        private ValueTask Publish() => Groups.SendAsync("room", "said");

        [Handles("item")]
        private ValueTask Item() => SendEventAsync("an item");
    }
}
