using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>What a client must never send, over both versions of HTTP, in one segment and octet by octet.</summary>
public sealed class ViolationTests
{
    private static IEnumerable<TestCaseData> Violations()
    {
        yield return Case("long form of a short length", 1002, RawFrame.Client(1, "x"u8, lengthForm: 2));
        yield return Case("longest form of a short length", 1002, RawFrame.Client(1, new byte[200], lengthForm: 8));
        yield return Case("unmasked", 1002, RawFrame.Client(1, "x"u8, masked: false));
        yield return Case("top bit of the length", 1002, [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]);
        yield return Case("length of 2^62", 1009, [0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
        yield return Case("ping of 126 octets", 1002, RawFrame.Client(9, new byte[126]));
        yield return Case("ping of 70,000 octets", 1002, RawFrame.Client(9, new byte[70_000])[..14]);
        yield return Case("cut ping", 1002, RawFrame.Client(9, [], final: false));
        yield return Case("cut pong", 1002, RawFrame.Client(10, "x"u8, final: false));
        yield return Case("cut close", 1002, RawFrame.Client(8, [], final: false));
        foreach (var bits in new[] { 1, 2, 4, 7 })
        {
            yield return Case($"reserved bits {bits} on text", 1002, RawFrame.Client(1, "x"u8, reserved: bits));
            yield return Case($"reserved bits {bits} on an empty binary", 1002, RawFrame.Client(2, [], reserved: bits));
            yield return Case($"reserved bits {bits} on a continuation", 1002, Both(RawFrame.ClientText("a", final: false), RawFrame.Client(0, "b"u8, reserved: bits)));
            yield return Case($"reserved bits {bits} on a ping", 1002, RawFrame.Client(9, [], reserved: bits));
            yield return Case($"reserved bits {bits} on a close", 1002, RawFrame.Client(8, [], reserved: bits));
        }

        foreach (var opcode in new[] { 3, 4, 5, 6, 7, 11, 12, 13, 14, 15 })
        {
            yield return Case($"opcode {opcode}", 1002, RawFrame.Client(opcode, []));
            yield return Case($"opcode {opcode} with a payload", 1002, RawFrame.Client(opcode, "x"u8));
        }

        yield return Case("continuation of nothing", 1002, RawFrame.Client(0, "x"u8));
        yield return Case("cut continuation of nothing", 1002, RawFrame.Client(0, "x"u8, final: false));
        yield return Case("text inside text", 1002, Both(RawFrame.ClientText("a", final: false), RawFrame.ClientText("b")));
        yield return Case("binary inside text", 1002, Both(RawFrame.ClientText("a", final: false), RawFrame.Client(2, "b"u8)));
        yield return Case("text inside binary", 1002, Both(RawFrame.Client(2, "a"u8, final: false), RawFrame.ClientText("b", final: false)));
        foreach (var (what, text) in InvalidText)
        {
            yield return Case(what, 1007, RawFrame.Client(1, text));
        }

        yield return Case("bad octet in a first fragment", 1007, RawFrame.Client(1, [0x61, 0xff], final: false));
        yield return Case("close of one octet", 1002, RawFrame.Client(8, [3]));
        yield return Case("close of 126 octets", 1002, RawFrame.Client(8, new byte[126]));
        yield return Case("close reason that is no UTF-8", 1007, RawFrame.Client(8, [0x03, 0xe8, 0xff]));
    }

    private static readonly (string What, byte[] Text)[] InvalidText =
    [
        ("overlong slash", [0xc0, 0xaf]),
        ("overlong zero of three octets", [0xe0, 0x80, 0x80]),
        ("overlong zero of four octets", [0xf0, 0x80, 0x80, 0x80]),
        ("high surrogate", [0xed, 0xa0, 0x80]),
        ("low surrogate", [0xed, 0xbf, 0xbf]),
        ("surrogates in the wrong order", [0xed, 0xb0, 0x80, 0xed, 0xa0, 0x80]),
        ("five octets", [0xf8, 0x88, 0x80, 0x80, 0x80]),
        ("six octets", [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80]),
        ("above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]),
        ("stray continuation octet", [0x61, 0x80]),
        ("missing last octet", [0xe2, 0x82]),
        ("two octets missing", [0xf0, 0x9f]),
    ];

    [TestCaseSource(nameof(Violations))]
    [Proves("W-14", "W-17", "W-21", "W-25", "W-29", "W-32", "W-33", "W-34", "W-35", "W-37", "W-38", "W-43", "W-45", "W-51", "W-54")]
    public async Task A_violation_closes_after_the_echo_of_what_came_before_and_answers_nothing_behind(byte[] bad, int code)
    {
        var (log, time) = (new EventLog(), new ManualTimeProvider());
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log), time: time);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(Both(RawFrame.ClientText("before"), bad, RawFrame.Client(9, "no pong"u8), RawFrame.ClientText("behind")));
        await ExpectAsync(client, log, code);
        Assert.That(client.WasReset, Is.False); // W-60
    }

    [TestCaseSource(nameof(Violations))]
    [Proves("W-32", "W-33", "W-43")]
    public async Task A_violation_that_comes_octet_by_octet_ends_alike(byte[] bad, int code)
    {
        var (log, time) = (new EventLog(), new ManualTimeProvider());
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log), time: time);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        foreach (var octet in Both(RawFrame.ClientText("before"), bad))
        {
            await client.SendAsync(new[] { octet });
        }

        await ExpectAsync(client, log, code, time); // cut off in a frame, some leave no room for a close frame of the peer's
    }

    [TestCaseSource(nameof(Violations))]
    [Proves("W-92")]
    public async Task A_violation_over_http_2_ends_alike(byte[] bad, int code)
    {
        var (log, time) = (new EventLog(), new ManualTimeProvider());
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log), time: time, protocols: Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using var client = await RawWebSocketClient.OpenHttp2Async(server.Port, invoker);
        await client.SendAsync(Both(RawFrame.ClientText("before"), bad, RawFrame.Client(9, "no pong"u8), RawFrame.ClientText("behind")));
        await ExpectAsync(client, log, code);
    }

    private static IEnumerable<TestCaseData> LastWords()
    {
        yield return Case("a close frame of one octet", 1002, RawFrame.Client(8, [3]));
        yield return Case("a close code that is none", 1002, RawFrame.ClientClose(1005));
        yield return Case("a bad frame and a close frame in one segment", 1002, Both(RawFrame.Client(3, "x"u8), RawFrame.ClientClose(1000)));
        yield return Case("a bad frame, more and a close frame in one segment", 1002, Both(RawFrame.Client(3, []), RawFrame.ClientText("more"), RawFrame.ClientClose(1000, "bye")));
        yield return Case("a bad frame and a close frame with more behind it", 1002, Both(RawFrame.Client(3, "x"u8), RawFrame.ClientClose(1000), RawFrame.ClientText("behind")));
        yield return Case("reserved bits and a close frame with a long frame behind it", 1002, Both(RawFrame.Client(1, "x"u8, reserved: 7), RawFrame.ClientClose(1000), RawFrame.Client(2, new byte[500])));
        yield return Case("bad text, a frame that looks like a close frame inside, and a close frame", 1007, Both(RawFrame.Client(1, [0xff, 0x88, 0x80]), RawFrame.Client(2, RawFrame.ClientClose(1000)), RawFrame.ClientClose(1000)));
        yield return Case("a continuation of nothing and an unmasked close frame", 1002, Both(RawFrame.Client(0, new byte[300]), RawFrame.Client(8, [], masked: false), RawFrame.ClientText("behind")));
    }

    /// <summary>With a clock that stands still, so that nothing but the peer's close can end the wait.</summary>
    [TestCaseSource(nameof(LastWords))]
    [Proves("FA-5", "FA-6")]
    public async Task A_peer_that_has_said_its_last_word_is_not_waited_for(byte[] bad, int code)
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo, time: new ManualTimeProvider());
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(bad);
        Assert.That((await client.ReadFrameAsync()).CloseCode, Is.EqualTo(code));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        await Eventually.Is(() => server.OpenSockets == 0);
    }

    private static async Task ExpectAsync(RawWebSocketClient client, EventLog log, int code, ManualTimeProvider? time = null)
    {
        var echo = await client.ReadFrameAsync();
        Assert.That((echo.Text, echo.Masked), Is.EqualTo(("before", false)));
        await client.ExpectCloseAsync(code, time);
        Assert.That((await log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(code)); // W-59
        Assert.That(log.All.OfType<WebSocketReceive>().Select(m => m.GetText()), Is.EqualTo(new[] { "before" }));
    }

    private static TestCaseData Case(string what, int code, byte[] bad) => new TestCaseData(bad, code).SetArgDisplayNames(what);

    private static byte[] Both(params byte[][] frames) => [.. frames.SelectMany(frame => frame)];
}
