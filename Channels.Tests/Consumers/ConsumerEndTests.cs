using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>Clean-up happens exactly once and completely, whatever fails (F-14, REL-28 to REL-30).</summary>
public sealed class ConsumerEndTests
{
    private readonly RecordingLayer _layer = new();
    private readonly Journal _journal = new();
    private readonly LogRecorder _log = new();
    private readonly Faults _faults = new();

    [Test]
    public async Task An_ordinary_end_runs_every_step_once_in_order()
    {
        await using (var socket = Socket())
        {
            await socket.ConnectAsync();
            await socket.DisconnectAsync(4321);
        }

        Assert.That(_journal.Entries, Is.EqualTo(new[] { "connect", "disconnect 4321", "dispose", "service disposed" }));
        Assert.That(_layer.Journal.Entries, Is.EqualTo(new[] { "open", "add a", "add b", "discard a", "discard b", "close" }));
        Assert.That(_log.Lines, Is.Empty);
    }

    [Test]
    [Proves("F-14", "REL-30", "C-WSC-18")]
    public async Task An_error_in_a_handler_leaves_the_groups_and_disconnects_with_1011()
    {
        _faults.Add("text");
        var error = await RunAsync(sendText: true);

        Assert.That(error, Is.InstanceOf<InvalidOperationException>().With.Message.EqualTo("text"));
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "connect", "text", "disconnect 1011", "dispose", "service disposed" }));
        AssertLeft();
        Assert.That(_log.Lines, Is.Empty); // the server logs the one error that leaves the application
    }

    [Test]
    [Proves("F-14", "REL-30")]
    public async Task An_error_in_connect_leaves_the_groups()
    {
        _faults.Add("connect");

        Assert.That(await RunAsync(), Is.InstanceOf<InvalidOperationException>().With.Message.EqualTo("connect"));
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "connect", "disconnect 1011", "dispose", "service disposed" }));
        AssertLeft();
    }

    [Test]
    [Proves("F-14", "REL-30")]
    public async Task An_error_in_disconnect_leaves_the_groups()
    {
        _faults.Add("disconnect");

        Assert.That(await RunAsync(), Is.InstanceOf<InvalidOperationException>().With.Message.EqualTo("disconnect"));
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "connect", "disconnect 1000", "dispose", "service disposed" }));
        AssertLeft();
        Assert.That(_log.Lines, Is.Empty);
    }

    [Test]
    [Proves("F-14")]
    public async Task An_error_in_dispose_is_told_and_the_services_go_all_the_same()
    {
        _faults.Add("dispose");

        Assert.That(await RunAsync(), Is.InstanceOf<InvalidOperationException>().With.Message.EqualTo("dispose"));
        Assert.That(_journal.Count("service disposed"), Is.EqualTo(1));
        AssertLeft();
    }

    [Test]
    [Proves("F-14")]
    public async Task When_everything_fails_the_first_error_leaves_and_each_other_is_logged_once()
    {
        foreach (var fault in new[] { "text", "disconnect", "dispose", "service" })
        {
            _faults.Add(fault);
        }

        _layer.Failing.UnionWith(["discard a", "close"]);

        Assert.That(await RunAsync(sendText: true), Has.Message.EqualTo("text"));
        Assert.That(_layer.Journal.Entries, Does.Contain("discard b"));
        Assert.That(_log.Lines.Select(l => l.Id), Is.All.EqualTo(2002));
        Assert.That(_log.Lines.Select(l => l.Text), Is.EqualTo(new[]
        {
            "FaultyConsumer failed once more at its end, in: OnEndAsync. [InvalidOperationException: disconnect]",
            "FaultyConsumer failed once more at its end, in: leaving its groups. [AggregateException: Some groups could not be left; their memberships end by expiry. (discard a failed)]",
            "FaultyConsumer failed once more at its end, in: closing its channel. [IOException: close failed]",
            "FaultyConsumer failed once more at its end, in: disposal. [InvalidOperationException: dispose]",
            "FaultyConsumer failed once more at its end, in: disposal of its services. [InvalidOperationException: service]",
        }));
    }

    [Test]
    [Proves("REL-28")]
    public async Task A_constructor_that_fails_leaves_nothing_behind()
    {
        _faults.Add("constructor");

        Assert.That(await RunAsync(), Has.Message.EqualTo("constructor"));
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "service disposed" }));
        Assert.That(_layer.Journal.Entries, Is.Empty);
    }

    [Test]
    [Proves("REL-28")]
    public async Task A_layer_that_cannot_open_a_channel_disposes_the_consumer()
    {
        _layer.Failing.Add("open");

        Assert.That(await RunAsync(), Is.InstanceOf<IOException>());
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "dispose", "service disposed" }));
    }

    [Test]
    [Proves("REL-28", "E-66")]
    public async Task A_group_that_cannot_be_joined_leaves_those_that_could()
    {
        _layer.Failing.Add("add b");

        Assert.That(await RunAsync(), Is.InstanceOf<IOException>());
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "dispose", "service disposed" }));
        Assert.That(_layer.Journal.Entries, Is.EqualTo(new[] { "open", "add a", "add b", "discard a", "discard b", "close" }));
    }

    [Test]
    [Proves("C-CONS-12")]
    public async Task A_receive_that_fails_closes_the_channel_too()
    {
        var scope = new WebSocketScope { Path = "/", Services = new OneService(_layer) };

        var running = Consumer.Of<FaultyConsumer>(_journal, _faults, new Service(_journal, _faults)).InvokeAsync(scope, _ => throw new IOException("receive"), (_, _) => default);

        Assert.That(async () => await running, Throws.InstanceOf<IOException>().With.Message.EqualTo("receive"));
        AssertLeft();
    }

    [Test]
    public async Task What_a_leaving_peer_makes_fail_is_no_error()
    {
        _faults.Add("send after the end");
        await using var socket = Socket();
        await socket.ConnectAsync();
        await socket.DisconnectAsync(1001);

        Assert.That(_journal.Entries, Does.Contain("disconnect 1001"));
        Assert.That(_log.Lines, Is.Empty);
    }

    [Test]
    [Proves("REL-29")]
    public async Task One_consumers_error_touches_no_other()
    {
        _faults.Add("text");
        await using var other = Communicator.WebSocket(Consumer.Of<Echo>(), "/");
        await other.ConnectAsync();

        Assert.That(await RunAsync(sendText: true), Is.Not.Null);
        await other.SendTextAsync("still here");

        Assert.That(await other.ReceiveTextAsync(), Is.EqualTo("still here"));
    }

    private void AssertLeft() => Assert.That(_layer.Journal.Entries[^3..], Is.EqualTo(new[] { "discard a", "discard b", "close" }));

    private async Task<Exception?> RunAsync(bool sendText = false)
    {
        try
        {
            await using var socket = Socket();
            await socket.ConnectAsync();
            if (sendText)
            {
                await socket.SendTextAsync("");
                await socket.WaitAsync();
            }

            await socket.DisconnectAsync();
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    private WebSocketCommunicator Socket()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IChannelLayer>(_layer).AddKeyedSingleton<IChannelLayer>("default", _layer);
        services.AddSingleton<Microsoft.Extensions.Logging.ILoggerFactory>(_log);
        services.AddScoped(_ => new Service(_journal, _faults));
        return Communicator.WebSocket(Consumer.Of<FaultyConsumer>(_journal, _faults), "/").WithScope(s => s with { Services = services.BuildServiceProvider() });
    }

    private sealed class Faults : HashSet<string>
    {
        public void At(string place)
        {
            if (Contains(place))
            {
                throw new InvalidOperationException(place);
            }
        }
    }

    private sealed class Service(Journal journal, Faults faults) : IDisposable
    {
        public void Dispose()
        {
            journal.Add("service disposed");
            faults.At("service");
        }
    }

    private sealed class FaultyConsumer : WebSocketConsumer, IAsyncDisposable
    {
        private readonly Journal _journal;
        private readonly Faults _faults;

        public FaultyConsumer(Journal journal, Faults faults, Service service)
        {
            (_journal, _faults, _) = (journal, faults, service);
            faults.At("constructor");
        }

        protected override IEnumerable<string> InitialGroups => ["a", "b"];

        public ValueTask DisposeAsync() => Do("dispose");

        protected override async ValueTask OnConnectAsync()
        {
            await Do("connect");
            await AcceptAsync();
        }

        protected override ValueTask OnTextAsync(string text) => Do("text");

        protected override async ValueTask OnDisconnectAsync(WebSocketDisconnect disconnect)
        {
            _journal.Add($"disconnect {disconnect.Code}");
            await Task.Yield();
            _faults.At("disconnect");
            if (_faults.Contains("send after the end"))
            {
                await SendTextAsync("too late");
            }
        }

        private async ValueTask Do(string place)
        {
            _journal.Add(place);
            await Task.Yield();
            _faults.At(place);
        }
    }

    private sealed class Echo : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text) => SendTextAsync(text);
    }
}
