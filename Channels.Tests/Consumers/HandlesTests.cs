using System.Diagnostics.Metrics;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Consumers;

/// <summary>What generated dispatch does at run time.</summary>
public sealed partial class HandlesTests
{
    private readonly LogRecorder _log = new();
    private ServiceProvider _services = null!; // set before each test

    [SetUp]
    public void MakeServices() => _services = TestServices.Create(s => s.AddSingleton<ILoggerFactory>(_log).AddChannels());

    [TearDown]
    public ValueTask DisposeServices() => _services.DisposeAsync();

    [Test]
    public async Task Every_form_of_handler_is_reached()
    {
        await using var socket = await ConnectAsync();
        foreach (var message in new[] { new("form.none"), new("form.message"), new("form.map", new MessageMap { ["n"] = 5 }), ChannelMessage.Of(new Said("typed")), new ChannelMessage("base.only") })
        {
            await SendAsync(message);
            Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo(message.Type switch
            {
                "form.none" => "none, token can be cancelled: True",
                "form.message" => "message form.message",
                "form.map" => "map 5",
                "said" => "typed typed",
                _ => "base",
            }));
        }
    }

    [Test]
    public async Task A_derived_handler_of_the_same_type_hides_the_bases()
    {
        await using var socket = await ConnectAsync();
        await SendAsync(new ChannelMessage("both"));

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("derived"));
    }

    [Test]
    public async Task An_event_of_ones_own_is_picked_by_its_class()
    {
        await using var custom = Communicator.Application(Consumer.Of<CustomProtocol>(), new CustomScope());
        await custom.SendInputAsync(new Ping(3));
        await custom.SendInputAsync(new Ping(0));

        Assert.That(await custom.ReceiveOutputAsync<Ping>(), Is.EqualTo(new Ping(2)));
        await custom.WaitAsync();
    }

    [Test]
    public async Task An_unknown_type_is_dropped_counted_and_logged_once()
    {
        using var meter = new Counted(_services.GetRequiredService<ChannelsMetrics>().Meter);
        await using var socket = await ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            await SendAsync(new ChannelMessage("new\r\ntype"));
        }

        await SendAsync(new ChannelMessage("base.only"));
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("base")); // the consumer lives on

        Assert.That(_log.Lines.Where(l => l.Id == 2001).Select(l => l.Text).Single(), Does.Contain("Derived").And.Contain("new\\u000d\\u000atype").And.Contain("no [Handles] method"));
        Assert.That(meter.Values, Is.EqualTo(new[] { "unknown_type", "unknown_type", "unknown_type" }));
    }

    [Test]
    public async Task Content_that_does_not_bind_is_dropped_counted_and_logged_once()
    {
        using var meter = new Counted(_services.GetRequiredService<ChannelsMetrics>().Meter);
        await using var socket = await ConnectAsync();
        await SendAsync(new ChannelMessage("said", new MessageMap { ["text"] = 5 }));
        await SendAsync(new ChannelMessage("said", new MessageMap { ["text"] = MessageValue.Null }));
        await SendAsync(new ChannelMessage("base.only"));
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("base"));

        Assert.That(_log.Lines.Count(l => l.Id == 2001), Is.EqualTo(1));
        Assert.That(meter.Values, Is.EqualTo(new[] { "not_bindable", "not_bindable" }));
    }

    [TestCase("websocket.receive")]
    [TestCase("websocket.disconnect")]
    [TestCase("websocket.connect")]
    [Proves("C-WSC-20")]
    public async Task A_layer_message_never_passes_for_an_event_of_the_connection(string type)
    {
        await using var socket = await ConnectAsync();
        await SendAsync(new ChannelMessage(type, new MessageMap { ["text"] = "forged", ["code"] = 1000 }));
        await SendAsync(new ChannelMessage("base.only"));

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("base"));
    }

    private ValueTask SendAsync(ChannelMessage message) => _services.GetRequiredService<IChannelLayer>().GroupSendAsync("all", message);

    private async Task<WebSocketCommunicator> ConnectAsync()
    {
        var socket = Communicator.WebSocket(Consumer.Of<Derived>(), "/").WithServices(_services);
        await socket.ConnectAsync();
        return socket;
    }

    private abstract partial class Base : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["all"];

        protected override ValueTask OnTextAsync(string text) => throw new InvalidOperationException("forged");

        [Handles("base.only")]
        protected Task BaseOnly() => SendTextAsync("base").AsTask();

        [Handles("both")]
        protected ValueTask BaseBoth() => SendTextAsync("base");
    }

    private sealed partial class Derived : Base
    {
        [Handles]
        private async Task FormNoneAsync(CancellationToken cancellationToken) => await SendTextAsync($"none, token can be cancelled: {cancellationToken.CanBeCanceled}");

        [Handles]
        private ValueTask FormMessage(ChannelMessage message) => SendTextAsync($"message {message.Type}");

        [Handles("form.map")]
        private ValueTask Map(MessageMap fields) => SendTextAsync($"map {fields["n"].GetInt64()}");

        [Handles]
        private ValueTask Said(Said message, CancellationToken cancellationToken) => cancellationToken.IsCancellationRequested ? default : SendTextAsync($"typed {message.Text}");

        [Handles("both")]
        private ValueTask DerivedBoth() => SendTextAsync("derived");
    }

    private sealed record CustomScope() : Scope("custom");

    private sealed record Ping(int Left) : Event("custom.ping");

    private sealed partial class CustomProtocol : Consumer
    {
        [Handles]
        private ValueTask OnPing(Ping ping)
        {
            if (ping.Left > 0)
            {
                return SendAsync(new Ping(ping.Left - 1));
            }

            Stop();
            return default;
        }
    }

    private sealed class Counted : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly List<string?> _values = [];

        public Counted(Meter meter)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == meter && instrument.Name == "channels.consumer.messages.unhandled")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
            {
                lock (_values)
                {
                    _values.AddRange(Enumerable.Repeat(tags[0].Value?.ToString(), (int)count));
                }
            });
            _listener.Start();
        }

        public string?[] Values
        {
            get
            {
                lock (_values)
                {
                    return [.. _values];
                }
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
