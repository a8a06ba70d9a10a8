using System.Net;
using System.Net.WebSockets;
using Channels.Routing;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>What the application sends, and what becomes of it where a client does not take it.</summary>
public sealed class OutboundTests
{
    private readonly SessionWatch _watch = new();

    [Test]
    public void What_the_wire_carries_is_made_once_for_all_sessions()
    {
        var message = EngineIOSend.FromPacket("4text"u8.ToArray(), new byte[] { 1, 2, 3 });
        var (frame, text, payload) = (message.GetFrames(false)[0], message.GetFrames(true)[1], message.GetPayload());
        Assert.Multiple(() =>
        {
            Assert.That(message.GetFrames(false)[0], Is.SameAs(frame));
            Assert.That(message.GetFrames(true)[1], Is.SameAs(text));
            Assert.That(message.GetPayload(), Is.EqualTo(payload), "the same array");
            Assert.That(message.Length, Is.EqualTo(8));
            Assert.That(((WebSocketSend)(message with { Compress = false }).GetFrames(false)[0]).DisableCompression, Is.True, "a copy has frames of its own");
        });
    }

    [Test]
    public void What_cannot_be_sent_is_refused_where_it_is_made() => Assert.Multiple(() =>
    {
        Assert.That(() => EngineIOSend.FromText("a\u001eb"), Throws.ArgumentException.With.Message.Contains("U+001E"));
        Assert.That(() => EngineIOSend.FromUtf8("a\u001eb"u8), Throws.ArgumentException.With.Message.Contains("U+001E"));
        Assert.That(() => EngineIOSend.FromText("\ud800"), Throws.ArgumentException.With.Message.Contains("surrogate"));
        Assert.That(() => EngineIOSend.FromPacket("2"u8.ToArray()), Throws.ArgumentException.With.Message.Contains("digit 4"));
    });

    [Test]
    [Proves("S-SIO-91")]
    public async Task A_broadcast_that_does_not_fit_closes_that_session_alone()
    {
        await using var server = await StartAsync(options => options.MaxOutboundMessageCount = 3);
        var (full, fullOutbox) = await OpenAsync(server);
        var (other, _) = await OpenAsync(server);
        Event[] messages = [.. Enumerable.Range(0, 5).Select(i => EngineIOSend.FromText($"{i}"))];
        Assert.That(fullOutbox.TrySend(messages), Is.EqualTo(3));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("forced close"));
        Assert.That(fullOutbox.TrySend(messages), Is.Zero);
        Assert.That(await server.PollAsync(full), Is.EqualTo("1"));
        await server.SendAsync(other, "4hello");
        Assert.That(await server.PollAsync(other), Is.EqualTo("4hello"));
    }

    [Test]
    [Proves("S-SIO-91")]
    public async Task Bytes_that_wait_are_limited_and_a_single_message_never_is()
    {
        await using var server = await StartAsync(options => options.MaxOutboundBytes = 100);
        var (sid, outbox) = await OpenAsync(server);
        var big = EngineIOSend.FromText(new string('x', 500));
        Assert.That(outbox.TrySend([big, big]), Is.EqualTo(1));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("forced close"));
    }

    [Test]
    public async Task A_handler_that_sends_much_waits_for_its_client()
    {
        await using var server = await StartAsync(options => options.MaxOutboundMessageCount = 3);
        var (sid, _) = await OpenAsync(server);
        var sending = SendAllAsync();
        var heard = new List<string>();
        while (heard.Count < 10)
        {
            heard.AddRange((await server.PollAsync(sid)).Split('\u001e'));
        }

        await sending;
        Assert.That(heard, Is.EqualTo(Enumerable.Range(0, 10).Select(i => $"4{i}")));

        async Task SendAllAsync()
        {
            for (var i = 0; i < 10; i++)
            {
                await _watch.Send!(EngineIOSend.FromText($"{i}"));
            }
        }
    }

    [Test]
    public async Task A_handler_that_waits_for_room_hears_of_the_end()
    {
        await using var server = await StartAsync(options => options.MaxOutboundMessageCount = 1);
        var (sid, _) = await OpenAsync(server);
        await _watch.Send!(EngineIOSend.FromText("fits"));
        var waiting = _watch.Send!(EngineIOSend.FromText("does not")).AsTask();
        await server.SendAsync(sid, "1");
        Assert.That(async () => await waiting, Throws.InstanceOf<ConnectionClosedException>());
    }

    [Test]
    public async Task Volatile_messages_leave_at_once_or_never()
    {
        await using var server = await StartAsync();
        var (sid, outbox) = await OpenAsync(server);
        var position = EngineIOSend.FromText("position") with { Volatile = true };
        Assert.That(outbox.TrySend([position]), Is.EqualTo(1), "dropped: nobody polls");
        var poll = server.PollAsync(sid);
        await Eventually.Is(() => !outbox.IsBusy);
        outbox.Hold();
        Assert.That(outbox.TrySend([position, EngineIOSend.FromText("text")]), Is.EqualTo(2));
        outbox.Flush();
        Assert.That(await poll, Is.EqualTo("4position\u001e4text"));
    }

    [Test]
    [Proves("S-SIO-72")]
    public async Task Volatile_messages_are_dropped_where_no_more_may_wait_and_end_nothing()
    {
        await using var server = await StartAsync(options => options.MaxOutboundMessageCount = 1);
        var (sid, outbox) = await OpenAsync(server);
        var position = EngineIOSend.FromText("position") with { Volatile = true };
        await _watch.Send!(EngineIOSend.FromText("first"));
        Assert.That(outbox.TrySend([position]), Is.EqualTo(1));
        await _watch.Send!(position).AsTask().WaitAsync(Eventually.Patience);
        Assert.That(await server.PollAsync(sid), Is.EqualTo("4first"));
        await server.SendAsync(sid, "4second");
        Assert.That(await server.PollAsync(sid), Is.EqualTo("4second"));
    }

    [Test]
    [Proves("S-SIO-72")]
    public async Task Volatile_messages_do_not_queue_up_behind_a_websocket_that_is_slow()
    {
        var engine = new EngineIOServer(new EngineIOOptions { MaxOutboundBytes = 64 << 20, PingInterval = TimeSpan.FromHours(1) }, _watch.RunAsync);
        await using var live = await LiveServer.StartFunctionAsync(engine, builder => builder.Set("Channels:WebSocket:SlowClientTimeout", "01:00:00"));
        using var socket = await live.ConnectAsync($"/{EngineServer.WebSocket}");
        await socket.ReadTextAsync();
        await Eventually.Is(() => _watch.Scope is not null);
        var outbox = _watch.Scope!.GetOutbox()!;
        var position = EngineIOSend.FromText("position") with { Volatile = true };
        await Eventually.Is(() => !outbox.IsBusy); // the handshake is written
        outbox.TrySend([position]);
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4position"));
        var big = EngineIOSend.FromBinary(new byte[100_000]);
        const int sent = 300; // 30 megabytes are more than both sockets hold: the rest waits for as long as nobody reads
        for (var i = 0; i < sent; i++)
        {
            outbox.TrySend([big]);
        }

        Assert.That(outbox.TrySend([position, EngineIOSend.FromText("last")]), Is.EqualTo(2));
        for (var i = 0; i < sent; i++)
        {
            Assert.That(await socket.ReadBytesAsync(), Has.Length.EqualTo(100_000));
        }

        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4last"));
    }

    [Test]
    public async Task What_is_held_back_leaves_together()
    {
        await using var server = await StartAsync();
        var (sid, outbox) = await OpenAsync(server);
        var poll = server.PollAsync(sid);
        await Eventually.Is(() => !outbox.IsBusy);
        outbox.Hold();
        for (var i = 0; i < 3; i++)
        {
            outbox.TrySend([EngineIOSend.FromText($"{i}")]);
        }

        outbox.Flush();
        Assert.That(await poll, Is.EqualTo("40\u001e41\u001e42"));
    }

    [Test]
    public async Task Long_groups_and_many_messages_stay_in_order_on_a_websocket([Values] bool wrapped)
    {
        var engine = new EngineIOServer(new EngineIOOptions(), _watch.RunAsync);
        Application root = wrapped ? (scope, receive, send) => ((Application)engine)(scope, receive, (message, token) => send(message, token)) : engine;
        await using var live = await LiveServer.StartFunctionAsync(root);
        using var socket = await live.ConnectAsync($"/{EngineServer.WebSocket}");
        await socket.ReadTextAsync();
        await Eventually.Is(() => _watch.Scope is not null);
        var group = EngineIOSend.FromPacket("4group"u8.ToArray(), [.. Enumerable.Range(0, 40).Select(i => (ReadOnlyMemory<byte>)new byte[] { (byte)i })]);
        Event[] all = [.. Enumerable.Range(0, 50).SelectMany(i => new[] { EngineIOSend.FromText($"{i}"), group })];
        Assert.That(_watch.Scope!.GetOutbox()!.TrySend(all), Is.EqualTo(all.Length));
        for (var i = 0; i < 50; i++)
        {
            Assert.That(await socket.ReadPacketAsync(), Is.EqualTo($"4{i}"));
            Assert.That(await socket.ReadPacketAsync(), Is.EqualTo("4group"));
            for (var part = 0; part < 40; part++)
            {
                Assert.That(await socket.ReadBytesAsync(), Is.EqualTo(new[] { (byte)part }));
            }
        }
    }

    [Test]
    public async Task A_websocket_that_takes_no_more_loses_nothing_and_no_order()
    {
        var engine = new EngineIOServer(new EngineIOOptions(), _watch.RunAsync);
        await using var live = await LiveServer.StartFunctionAsync(engine, builder => builder.Configuration["Channels:WebSocket:MaxOutboundMessageCount"] = "4");
        using var socket = await live.ConnectAsync($"/{EngineServer.WebSocket}");
        await socket.ReadTextAsync();
        await Eventually.Is(() => _watch.Scope is not null);
        var text = new string('x', 20_000);
        var outbox = _watch.Scope!.GetOutbox()!;
        for (var i = 0; i < 100; i++) // two megabytes: more than sockets hold
        {
            Assert.That(outbox.TrySend([EngineIOSend.FromPacket(System.Text.Encoding.UTF8.GetBytes($"4{i} {text}"), new byte[] { (byte)i })]), Is.EqualTo(1));
        }

        for (var i = 0; i < 100; i++)
        {
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo($"4{i} {text}"));
            Assert.That(await socket.ReadBytesAsync(), Is.EqualTo(new[] { (byte)i }));
        }
    }

    [TestCase("engineio.send", "websocket.send")]
    public async Task Other_protocols_events_are_a_mistake(string legal, string illegal)
    {
        await using var server = await StartAsync();
        await OpenAsync(server);
        Assert.That(async () => await _watch.Send!(WebSocketSend.FromText("x")), Throws.InstanceOf<IllegalEventException>().With.Message.Contains(legal).And.Message.Contains(illegal));
    }

    private Task<EngineServer> StartAsync(Action<EngineIOOptions>? options = null) => EngineServer.StartAsync(_watch.RunAsync, options);

    private async Task<(string Sid, IOutbox Outbox)> OpenAsync(EngineServer server)
    {
        var sid = await server.OpenAsync();
        await Eventually.Is(() => _watch.Scope?.SessionId == sid && _watch.Send is not null);
        return (sid, _watch.Scope!.GetOutbox()!);
    }
}
