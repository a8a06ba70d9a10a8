using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>Peers who make the server hold as much as they can, each within its own limits, in a process with 256 MiB of heap.</summary>
[NonParallelizable]
public sealed class HeldMemoryTests
{
    private const int HeapMebibytes = 256;
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(1);
    private static readonly byte[] Body = new byte[1_000_000];
    private static readonly byte[] Beginning = RawFrame.Client(2, Body, final: false);
    private static readonly byte[] Message = RawFrame.Client(2, new byte[16 * 1024]);
    private static readonly byte[] Bomb = RawFrame.Client(2, Deflated(), final: false, reserved: 4);

    [Test]
    [Proves("FG-1", "F-25")]
    public Task Request_bodies_that_never_end() => SurviveAsync(400, "503", async socket =>
    {
        await SendAsync(socket, "POST /group/held HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n"u8.ToArray());
        await SendAsync(socket, Body);
    });

    [Test]
    [Proves("FG-1", "F-25")]
    public Task Messages_that_never_end() => SurviveAsync(239, "\x03\xf5", async socket =>
    {
        await OpenAsync(socket);
        await SendAsync(socket, Beginning);
    });

    [Test]
    [Proves("FG-1", "F-25")]
    public Task Echoes_that_nobody_reads() => SurviveAsync(150, null, async socket =>
    {
        await OpenAsync(socket);
        while (await SendAsync(socket, Message))
        {
            // until the server reads no more, or has closed
        }
    });

    [Test]
    [Proves("FG-2", "F-25")]
    public Task Unfinished_messages_that_inflate_to_a_thousand_times_their_size() => SurviveAsync(287, "\x03\xf5", async socket =>
    {
        await OpenAsync(socket, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        await SendAsync(socket, Bomb);
    }, "--compression");

    private static async Task SurviveAsync(int count, string? answer, Func<Socket, Task> attack, params string[] arguments)
    {
        await using var server = await LimitedServer.StartAsync("Conformance", HeapMebibytes, arguments);
        await using var polite = new PoliteClients(server.Url, count: 5, compression: arguments.Length > 0);
        await polite.MoreRoundsAsync(5);
        var sockets = Enumerable.Range(0, count).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        try
        {
            await Task.WhenAll(sockets.Select(async socket =>
            {
                await socket.ConnectAsync(IPAddress.Loopback, server.Url.Port);
                await attack(socket);
            }));
            await polite.MoreRoundsAsync(50);

            Assert.That(polite.Complaints, Is.Empty, () => server.Output);
            Assert.That(server.IsAlive, Is.True, () => server.Output);
            Assert.That(server.Output, Does.Contain("MaxHeldBytes; "), "told once");
            if (answer is not null)
            {
                var answers = await Task.WhenAll(sockets.Select(ReadAsync));
                Assert.That(answers.Count(text => text.Contains(answer, StringComparison.Ordinal)), Is.GreaterThan(count / 4), "ended with a word");
            }
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task OpenAsync(Socket socket, string headers = "")
    {
        await SendAsync(socket, Encoding.ASCII.GetBytes(RawWebSocketClient.Request(headers, path: "/echo")));
        await RawHttp.ReadAsync(socket, "\r\n\r\n");
    }

    // False when the peer takes no more.
    private static async Task<bool> SendAsync(Socket socket, byte[] bytes)
    {
        using var limit = new CancellationTokenSource(Stalled);
        try
        {
            for (var sent = 0; sent < bytes.Length;)
            {
                sent += await socket.SendAsync(bytes.AsMemory(sent), limit.Token);
            }

            return true;
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    // What has come already.
    private static async Task<string> ReadAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (socket.Available > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, await socket.ReceiveAsync(buffer)));
            }
        }
        catch (SocketException)
        {
            // reset, with nothing left to read
        }

        return text.ToString();
    }

    private static byte[] Deflated()
    {
        using var compressed = new MemoryStream();
        using (var deflate = new DeflateStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(new byte[1024 * 1024 - 1]);
            deflate.Flush();
        }

        return compressed.ToArray()[..^2]; // the end of the stream is the frame that never comes
    }
}
