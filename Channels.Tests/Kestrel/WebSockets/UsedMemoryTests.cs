using System.IO.Compression;
using System.Text;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>Memory is used again by the connections of others: nothing of what it held before is sent.</summary>
public sealed class UsedMemoryTests
{
    private const string Secret = "secret-";
    private static readonly int[] Lengths = [0, 1, 125, 126, 127, 1_000, 4_095, 4_096, 4_097, 65_535, 65_536, 200_000];

    [TestCase(false)]
    [TestCase(true)]
    [Proves("SEC-28")]
    public async Task What_one_peer_sent_stands_in_nothing_that_another_one_gets(bool compressed)
    {
        await using var server = await WebSocketServer.StartAsync(ServeAsync, options => (options.Compression, options.CompressionMinBytes) = (compressed, 64));
        for (var round = 0; round < 3; round++)
        {
            await FillAsync(server);
            await ExpectExactlyAsync(server, compressed);
        }
    }

    // Gives as many x as the peer asks for, however the peer asks: as messages, as a refusal, as a response, or until it fails.
    private static async Task ServeAsync(Scope scope, Receive receive, Send send)
    {
        if (scope is HttpScope)
        {
            await Respond.TextAsync(send, Xs(Lengths[^1]));
            return;
        }

        await receive();
        if (scope is WebSocketScope { Subprotocols: ["denied"] })
        {
            await send(new WebSocketDenialStart(403));
            await send(new WebSocketDenialBody(Encoding.ASCII.GetBytes(Xs(3_000))));
            return;
        }

        await send(new WebSocketAccept());
        while (await receive() is WebSocketReceive message)
        {
            if (!int.TryParse(message.GetText(), out var length))
            {
                throw new InvalidOperationException("The application fails by request.");
            }

            await send(WebSocketSend.FromText(Xs(length)));
        }
    }

    // Messages of all lengths, whole, unfinished, and in front of a failure.
    private static async Task FillAsync(LiveServer server)
    {
        foreach (var length in Lengths)
        {
            var secret = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(Secret, 1 + (length / Secret.Length))));
            using var whole = await RawWebSocketClient.OpenAsync(server.Port);
            await whole.SendAsync(RawFrame.Client(1, secret));
            await whole.ExpectCloseAsync(1011);
            using var part = await RawWebSocketClient.OpenAsync(server.Port);
            await part.SendAsync((byte[])[.. RawFrame.Client(1, secret, final: false), .. RawFrame.Client(9, "p"u8)]);
            Assert.That((await part.ReadFrameAsync()).Opcode, Is.EqualTo(10), "it has been read");
        }
    }

    private static async Task ExpectExactlyAsync(LiveServer server, bool compressed)
    {
        using var client = await RawWebSocketClient.OpenAsync(server.Port, compressed ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "");
        foreach (var length in Lengths)
        {
            await client.SendTextAsync($"{length}");
            var frame = compressed ? await client.ReadFrameAsync() : await client.ReadMessageAsync();
            Assert.That(frame.Reserved == 4 ? Inflate(frame.Payload) : frame.Text, Is.EqualTo(Xs(length)));
        }

        await client.SendTextAsync("fail");
        Assert.That((await client.ExpectCloseAsync(1011)).Text, Has.Length.LessThan(64).And.Not.Contain(Secret));
        var denied = await server.SendRawAsync(RawWebSocketClient.Request("Sec-WebSocket-Protocol: denied\r\n", connection: "Upgrade, close"));
        Assert.That(denied, Does.StartWith("HTTP/1.1 403").And.Contain(Xs(3_000)).And.Not.Contain(Secret));
        Assert.That(await server.SendRawAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), Does.EndWith($"\r\n{Xs(Lengths[^1])}").And.Not.Contain(Secret));
    }

    private static string Xs(int length) => new('x', length);

    private static string Inflate(byte[] payload)
    {
        using var inflater = new DeflateStream(new MemoryStream([.. payload, 0, 0, 0xff, 0xff]), CompressionMode.Decompress);
        using var reader = new StreamReader(inflater, Encoding.ASCII);
        return reader.ReadToEnd();
    }
}
