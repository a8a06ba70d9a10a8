using System.Text;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>Raw frames over streams of HTTP/2: the same codec as over HTTP/1.1, in DATA frames that mean nothing.</summary>
public sealed class Http2FramingTests
{
    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler());

    [TearDown]
    public void Close() => _invoker.Dispose();

    [Test]
    [Proves("W-87", "W-15")]
    public async Task Frames_split_over_DATA_frames_anywhere_echo_the_same()
    {
        await using var server = await StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenHttp2Async(server.Port, _invoker);
        var random = new Random(87);
        var bytes = Enumerable.Range(0, 200).SelectMany(i => RawFrame.ClientText(new string('x', i * 7))).ToArray();
        foreach (var part in Sequences.Cut(bytes, random, 60))
        {
            await client.SendAsync(part);
        }

        for (var i = 0; i < 200; i++)
        {
            Assert.That((await client.ReadFrameAsync()).Payload, Has.Length.EqualTo(i * 7));
        }
    }

    [Test]
    [Proves("W-92", "W-13")]
    public async Task Payloads_of_all_length_forms_echo_byte_for_byte_over_http_2([Values(0, 125, 126, 127, 128, 65_535, 65_536, 1_000_000)] int length)
    {
        await using var server = await StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenHttp2Async(server.Port, _invoker);
        var binary = new byte[length];
        new Random(length).NextBytes(binary);
        var sending = client.SendAsync(RawFrame.Client(2, binary));
        var echo = await client.ReadMessageAsync();
        await sending;
        Assert.That(echo.Opcode, Is.EqualTo(2));
        Assert.That(echo.Payload.AsSpan().SequenceEqual(binary));
        await client.SendAsync(RawFrame.ClientClose(1000));
        await client.ExpectCloseAsync(1000);
    }

    [Test]
    [Proves("W-92", "W-24", "W-28", "W-39")]
    public async Task Pings_and_fragments_over_http_2()
    {
        await using var server = await StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenHttp2Async(server.Port, _invoker);
        var text = Encoding.UTF8.GetBytes("κ\U0001F600é");
        await client.SendAsync(RawFrame.Client(1, [], final: false));
        foreach (var octet in text)
        {
            await client.SendAsync(RawFrame.Client(0, [octet], final: false));
            await client.SendAsync(RawFrame.Client(9, [octet]));
            var pong = await client.ReadFrameAsync();
            Assert.That((pong.Opcode, pong.Payload[0]), Is.EqualTo((10, octet)));
        }

        await client.SendAsync(RawFrame.Client(0, []));
        Assert.That((await client.ReadFrameAsync()).Payload, Is.EqualTo(text));
    }

    [Test]
    [Proves("W-86")]
    public async Task The_end_of_the_peers_stream_without_a_close_is_1006()
    {
        var log = new EventLog();
        await using var server = await StartAsync(Applications.Recording(log));
        var client = await RawWebSocketClient.OpenHttp2Async(server.Port, _invoker);
        await client.SendTextAsync("x");
        await client.ReadFrameAsync();
        client.Dispose();

        Assert.That((await log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1006));
        await Eventually.Is(() => server.OpenSockets == 0);
    }

    private static Task<LiveServer> StartAsync(Application application) =>
        WebSocketServer.StartAsync(application, o => o.MaxMessageBytes = o.MaxFrameBytes = 2 << 20, protocols: HttpProtocols.Http2);
}
