using System.Buffers;
using System.Text;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class LimitTests
{
    [Test]
    [Proves("C-WS-08", "C-WS-09", "C-WS-10", "C-WS-11")]
    public async Task The_limit_passes_and_a_message_above_it_never_reaches_the_application([Values] bool frameLimit)
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log), o => (o.MaxFrameBytes, o.MaxMessageBytes) = frameLimit ? (1000, 0) : (0, 1000));
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(RawFrame.Client(2, new byte[1000]));
        Assert.That((await client.ReadFrameAsync()).Payload, Has.Length.EqualTo(1000));
        await client.SendAsync(RawFrame.Client(2, new byte[1001]));
        await client.ExpectCloseAsync(1009);
        Assert.That((await log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1009));
        Assert.That(log.All.OfType<WebSocketReceive>().Count(), Is.EqualTo(1));
    }

    [TestCase(100, 100)]
    [TestCase(2000, 1000)]
    public async Task An_application_may_want_shorter_messages_than_the_server_allows(int wanted, int longest)
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(
            async (scope, receive, send) =>
            {
                await receive();
                await send(new WebSocketAccept { MaxMessageBytes = wanted });
                Event next;
                do
                {
                    log.Add(next = await receive());
                }
                while (next is not WebSocketDisconnect);
            },
            options => options.MaxMessageBytes = 1000);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(RawFrame.Client(2, new byte[longest]));
        Assert.That((await log.NextAsync<WebSocketReceive>()).Payload.Length, Is.EqualTo(longest));
        await client.SendAsync(RawFrame.Client(2, new byte[longest + 1]));
        await client.ExpectCloseAsync(1009);
    }

    [Test]
    public void A_message_may_have_a_byte_at_least() =>
        Assert.That(() => new WebSocketAccept { MaxMessageBytes = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public async Task An_outbox_is_busy_while_its_peer_does_not_read()
    {
        var outbox = new TaskCompletionSource<IOutbox>();
        await using var server = await WebSocketServer.StartAsync(
            async (scope, receive, send) =>
            {
                await receive();
                await send(new WebSocketAccept());
                outbox.SetResult(scope.GetOutbox()!);
                while (await receive() is not WebSocketDisconnect)
                {
                }
            },
            options => options.MaxOutboundBytes = 64 << 20);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        var box = await outbox.Task;
        Assert.That(box.IsBusy, Is.False);
        var message = WebSocketSend.FromBinary(new byte[100_000]);
        var sent = 0;
        while (!box.IsBusy)
        {
            Assert.That(box.TrySend([message]), Is.EqualTo(1), $"after {sent}");
            sent++;
        }

        for (var unread = sent * 100_000; unread > 0;)
        {
            unread -= (await client.ReadFrameAsync()).Payload.Length; // long messages leave in fragments
        }

        await Eventually.Is(() => !box.IsBusy);
    }

    [Test]
    [Proves("SEC-12")]
    public void Hostile_handshake_headers_are_read_in_linear_time()
    {
        const int many = 1_000_000; // the square of it would take far longer than a run may
        string[] hostile = [new(',', many), string.Join(',', Enumerable.Repeat("a", many)), new('a', many), string.Concat(Enumerable.Repeat(" ,\t", many))];
        WebSocketHandshake.CheckCommon("13", default, hostile, out _);
        Assert.That(WebSocketHandshake.Lists(hostile, "websocket"), Is.False);
    }

    [Test]
    [Proves("REL-35")]
    public async Task A_peer_that_we_do_not_read_is_not_taken_for_dead()
    {
        var time = new ManualTimeProvider();
        var go = new TaskCompletionSource();
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            await go.Task;
            while (await receive() is WebSocketReceive message)
            {
                log.Add(message.GetText());
            }
        }, o => o.MaxInboundMessageCount = 1, time);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync((byte[])[.. RawFrame.Client(9, "in"u8), .. RawFrame.ClientText("first"), .. RawFrame.ClientText("second")]);
        await client.ReadFrameAsync(); // the pong: the first message is read in the same turn
        for (var i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromSeconds(20));
        }

        go.SetResult();
        Assert.That(await log.NextAsync(), Is.EqualTo("first"));
        Assert.That(await log.NextAsync(), Is.EqualTo("second"));
    }

    [Test]
    [Proves("SEC-32", "W-49")]
    public async Task Payloads_never_appear_in_close_reasons_and_lone_surrogates_are_refused()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(RawFrame.Client(1, [.. "secret"u8, 0xff]));
        var close = await client.ReadFrameAsync();
        Assert.That(close.CloseReason, Is.Not.Empty.And.Not.Contain("secret"));
        Assert.Throws<EncoderFallbackException>(() => WebSocketSend.FromText("\ud800"));
    }
}
