using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class FramingTests
{
    [Test]
    [Proves("W-15")]
    public async Task Frames_split_anywhere_echo_the_same()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        var random = new Random(15);
        var bytes = Enumerable.Range(0, 50).SelectMany(i => RawFrame.ClientText(new string('x', i * 7))).ToArray();
        foreach (var part in Sequences.Cut(bytes, random, 60))
        {
            await client.SendAsync(part);
            if (random.Next(4) == 0)
            {
                await Task.Yield();
            }
        }

        for (var i = 0; i < 50; i++)
        {
            Assert.That((await client.ReadFrameAsync()).Payload, Has.Length.EqualTo(i * 7));
        }
    }

    [Test]
    [Proves("W-46")]
    public async Task A_wrong_octet_is_refused_before_the_rest_of_its_frame_arrives()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        var frame = RawFrame.Client(1, [.. new byte[1000], 0xff, .. new byte[1000]]);
        await client.SendAsync(frame.AsMemory(0, 1009));
        await client.ExpectCloseAsync(1007);
    }

    [Test]
    [Proves("W-24", "W-26")]
    public async Task Pings_return_as_pongs_in_order()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        byte[][] bodies = [[], "x"u8.ToArray(), [0xff, 0xfe, 0, 0x80], new byte[125], .. Enumerable.Range(0, 10).Select(i => new[] { (byte)i })];
        await client.SendAsync(bodies.SelectMany(body => RawFrame.Client(9, body)).ToArray());
        foreach (var body in bodies)
        {
            var pong = await client.ReadFrameAsync();
            Assert.That((pong.Opcode, pong.Final, pong.Masked), Is.EqualTo((10, true, false)));
            Assert.That(pong.Payload, Is.EqualTo(body));
        }
    }

    [Test]
    [Proves("W-27")]
    public async Task Pongs_are_ignored()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(Both(RawFrame.Client(10, []), RawFrame.Client(10, "unasked"u8), RawFrame.ClientText("x")));
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("x"));
    }

    [Test]
    [Proves("W-28", "W-36", "W-39")]
    public async Task Fragments_with_a_ping_between()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(Both(RawFrame.Client(1, [], final: false), RawFrame.Client(0, "a"u8, final: false), RawFrame.Client(9, "now"u8)));
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("now"));
        await client.SendAsync(Both(RawFrame.Client(0, [], final: false), RawFrame.Client(0, "b"u8, final: false), RawFrame.Client(0, [])));
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("ab"));
    }

    [Test]
    [Proves("W-40")]
    public async Task A_close_inside_a_message_ends_it_and_the_part_is_not_delivered()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log));
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(Both(RawFrame.ClientText("part", final: false), RawFrame.ClientClose(1000)));
        Assert.That((await client.ReadFrameAsync()).CloseCode, Is.EqualTo(1000));
        Assert.That((await log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1000));
        Assert.That(log.All.OfType<WebSocketReceive>(), Is.Empty);
    }

    [Test]
    [Proves("W-44")]
    public async Task A_code_point_may_be_split_over_fragments_and_segments()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        var text = Encoding.UTF8.GetBytes("κ\U0001F600é");
        await client.SendAsync(RawFrame.Client(1, text.AsSpan(0, 1), final: false));
        for (var i = 1; i < text.Length; i++)
        {
            await client.SendAsync(RawFrame.Client(0, text.AsSpan(i, 1), final: i == text.Length - 1));
        }

        Assert.That((await client.ReadFrameAsync()).Payload, Is.EqualTo(text));
    }

    [Test]
    [Proves("C-WS-05", "W-47")]
    public async Task Binary_is_not_validated_and_text_with_rare_characters_passes()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        byte[] bytes = [0xff, 0xc0, 0x80];
        await client.SendAsync(RawFrame.Client(2, bytes));
        Assert.That((await client.ReadFrameAsync()).Payload, Is.EqualTo(bytes));
        await client.SendTextAsync("\0\uffff\ufdd0\U0010ffff𝄞");
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("\0\uffff\ufdd0\U0010ffff𝄞"));
    }

    [Test]
    [Proves("W-19")]
    public async Task Large_messages_pass_when_the_limits_allow_whole_and_in_fragments()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo, o => o.MaxMessageBytes = o.MaxFrameBytes = 16 << 20);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        var message = new byte[4 << 20];
        Random.Shared.NextBytes(message);
        foreach (var fragment in new[] { message.Length, 1 << 16, 1 << 12, 64 })
        {
            var sending = Task.Run(async () =>
            {
                for (var start = 0; start < message.Length; start += fragment)
                {
                    await client.SendAsync(RawFrame.Client(start == 0 ? 2 : 0, message.AsSpan(start, fragment), final: start + fragment == message.Length));
                }
            });
            var echo = await client.ReadMessageAsync();
            await sending;
            Assert.That(echo.Payload.AsSpan().SequenceEqual(message));
        }
    }

    private static byte[] Both(params byte[][] frames) => [.. frames.SelectMany(frame => frame)];
}
