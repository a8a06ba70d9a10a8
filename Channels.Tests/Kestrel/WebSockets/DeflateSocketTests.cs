using System.Text;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class DeflateSocketTests
{
    private const string Offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    private static readonly byte[] Hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]; // RFC 7692, section 7.2.3.1

    [Test]
    [Proves("SEC-31", "W-63")]
    public async Task Compression_is_off_by_default_and_RSV1_then_fails()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port, Offer);
        Assert.That(client.ResponseHead, Does.Not.Contain("Sec-WebSocket-Extensions"));
        await client.SendAsync(RawFrame.Client(1, Hello, reserved: 4));
        await client.ExpectCloseAsync(1002);
    }

    [Test]
    [Proves("W-72")]
    public async Task A_declined_offer_leaves_a_plain_socket()
    {
        await using var server = await StartAsync();
        using var client = await RawWebSocketClient.OpenAsync(server.Port, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n");
        Assert.That(client.ResponseHead, Does.Not.Contain("Sec-WebSocket-Extensions"));
        await client.SendTextAsync("plain");
        Assert.That((await client.ReadFrameAsync()).Reserved, Is.Zero);
    }

    [Test]
    [Proves("W-65", "W-67")]
    public async Task Compressed_and_plain_messages_alternate_and_each_of_ours_stands_alone()
    {
        await using var server = await StartAsync();
        using var client = await RawWebSocketClient.OpenAsync(server.Port, Offer);
        Assert.That(client.ResponseHead, Does.Contain("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"));
        var text = new string('x', 2000);
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync(RawFrame.Client(1, Hello, reserved: 4));
            Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("Hello")); // too short to compress: smaller plain
            await client.SendTextAsync(text);
            var echo = await client.ReadFrameAsync();
            Assert.That((echo.Reserved, echo.Opcode), Is.EqualTo((4, 1)));
            Assert.That(echo.Payload.Length, Is.LessThan(100));
            Assert.That(Inflate(echo.Payload), Is.EqualTo(text));
        }
    }

    [Test]
    [Proves("W-64", "W-79")]
    public async Task Only_the_first_frame_carries_RSV1_and_fragments_may_be_cut_anywhere()
    {
        await using var server = await StartAsync();
        using var client = await RawWebSocketClient.OpenAsync(server.Port, Offer);
        await client.SendAsync((byte[])
        [
            .. RawFrame.Client(1, Hello.AsSpan(0, 3), final: false, reserved: 4), .. RawFrame.Client(9, "p"u8),
            .. RawFrame.Client(0, Hello.AsSpan(3, 1), final: false), .. RawFrame.Client(0, Hello.AsSpan(4)),
        ]);
        var pong = await client.ReadFrameAsync();
        Assert.That((pong.Opcode, pong.Reserved, pong.Text), Is.EqualTo((10, 0, "p"))); // control frames are plain
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("Hello"));
        await client.SendAsync((byte[])[.. RawFrame.Client(1, Hello.AsSpan(0, 3), final: false, reserved: 4), .. RawFrame.Client(0, Hello.AsSpan(3), reserved: 4)]);
        await client.ExpectCloseAsync(1002);
        using var control = await RawWebSocketClient.OpenAsync(server.Port, Offer);
        await control.SendAsync(RawFrame.Client(9, "p"u8, reserved: 4));
        await control.ExpectCloseAsync(1002);
    }

    [Test]
    [Proves("W-48")]
    public async Task The_inflated_text_is_validated()
    {
        await using var server = await StartAsync();
        using var client = await RawWebSocketClient.OpenAsync(server.Port, Offer);
        using var deflater = new MessageDeflater();
        await client.SendAsync(RawFrame.Client(1, deflater.Deflate([0x61, 0xff, 0x62]), reserved: 4));
        await client.ExpectCloseAsync(1007);
    }

    [Test]
    [Proves("W-75")]
    public async Task Garbage_fails_with_1007_and_the_application_sees_only_the_disconnect()
    {
        var log = new EventLog();
        await using var server = await StartAsync(Applications.Recording(log));
        using var client = await RawWebSocketClient.OpenAsync(server.Port, Offer);
        await client.SendAsync(RawFrame.Client(2, [0xff, 0xff, 0xff], reserved: 4));
        await client.ExpectCloseAsync(1007);
        Assert.That((await log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1007));
    }

    [Test]
    [Proves("SEC-24")]
    public async Task A_bomb_closes_with_1009()
    {
        await using var server = await StartAsync();
        using var client = await RawWebSocketClient.OpenAsync(server.Port, Offer);
        using var deflater = new MessageDeflater();
        await client.SendAsync(RawFrame.Client(2, deflater.Deflate(new byte[64 << 20]), reserved: 4));
        await client.ExpectCloseAsync(1009);
    }

    [Test]
    [Proves("W-73")]
    public async Task An_empty_compressed_message_is_an_empty_message()
    {
        await using var server = await StartAsync(minBytes: 0);
        using var client = await RawWebSocketClient.OpenAsync(server.Port, Offer);
        await client.SendAsync(RawFrame.Client(1, [0x00], reserved: 4));
        var echo = await client.ReadFrameAsync();
        Assert.That((echo.Reserved, echo.Payload), Is.EqualTo((4, new byte[] { 0 })));
    }

    [Test]
    [Proves("REL-39")]
    public async Task A_broadcast_is_compressed_once_for_all_sockets()
    {
        var shared = WebSocketSend.FromText(new string('b', 5000));
        await using var server = await StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            await send(shared);
            await receive();
        });
        for (var i = 0; i < 3; i++)
        {
            using var client = await RawWebSocketClient.OpenAsync(server.Port, Offer);
            Assert.That(Inflate((await client.ReadFrameAsync()).Payload), Is.EqualTo(new string('b', 5000)));
            using var plain = await RawWebSocketClient.OpenAsync(server.Port);
            Assert.That((await plain.ReadFrameAsync()).Text, Is.EqualTo(new string('b', 5000)));
        }
    }

    private static Task<LiveServer> StartAsync(Application? application = null, int minBytes = 256) =>
        WebSocketServer.StartAsync(application ?? Applications.Echo, o => (o.Compression, o.CompressionMinBytes) = (true, minBytes));

    private static string Inflate(byte[] payload)
    {
        using var inflater = new MessageInflater(false);
        var target = new MessageBuffer();
        Assert.That(inflater.Inflate(payload, target, 1 << 20), Is.Null);
        Assert.That(inflater.EndMessage(target, 1 << 20), Is.Null);
        return Encoding.UTF8.GetString(target.Detach());
    }
}
