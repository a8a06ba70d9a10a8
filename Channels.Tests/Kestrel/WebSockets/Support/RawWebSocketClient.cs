using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>A WebSocket client that says on the wire exactly what the test wants.</summary>
internal sealed class RawWebSocketClient : IDisposable
{
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    private static readonly TimeSpan Patience = Eventually.Patience;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private Stream _stream = null!;

    public Stream Stream => _stream;

    public Socket Socket => _socket;

    public static async Task<RawWebSocketClient> ConnectAsync(int port, int receiveBuffer = 0)
    {
        var client = new RawWebSocketClient();
        if (receiveBuffer > 0)
        {
            client._socket.ReceiveBufferSize = receiveBuffer;
        }

        await client._socket.ConnectAsync(IPAddress.Loopback, port);
        client._stream = new NetworkStream(client._socket);
        return client;
    }

    /// <summary>Connects and completes the handshake.</summary>
    public static async Task<RawWebSocketClient> OpenAsync(int port, string extraHeaders = "", byte[]? pipelined = null)
    {
        var client = await ConnectAsync(port);
        await client.SendAsync(Encoding.ASCII.GetBytes(Request(extraHeaders)).Concat(pipelined ?? []).ToArray());
        var head = await client.ReadHeadAsync();
        Assert.That(head, Does.StartWith("HTTP/1.1 101 "));
        client.ResponseHead = head;
        return client;
    }

    /// <summary>
    /// Opens a socket whose application echoes, and has one message echoed. The client reads the server's consent before the
    /// server has noted that the socket is open, and from when on its deadlines count; when its application answers, it has.
    /// </summary>
    public static async Task<RawWebSocketClient> OpenEchoAsync(int port, string extraHeaders = "")
    {
        var client = await OpenAsync(port, extraHeaders);
        await client.SendTextAsync("open");
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("open"));
        return client;
    }

    /// <summary>Opens a socket as a stream of an HTTP/2 connection without TLS (RFC 8441); each sending is a DATA frame.</summary>
    public static async Task<RawWebSocketClient> OpenHttp2Async(int port, HttpMessageInvoker invoker, string? extensions = null)
    {
        using var limit = new CancellationTokenSource(Patience);
        var request = new HttpRequestMessage(HttpMethod.Connect, new Uri($"http://localhost:{port}/"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { Protocol = "websocket" },
        };
        request.Headers.Add("Sec-WebSocket-Version", "13");
        if (extensions is not null)
        {
            request.Headers.Add("Sec-WebSocket-Extensions", extensions);
        }

        var response = await invoker.SendAsync(request, limit.Token);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return new RawWebSocketClient { _stream = await response.Content.ReadAsStreamAsync(limit.Token), ResponseHead = response.Headers.ToString().ReplaceLineEndings("\r\n") };
    }

    public string ResponseHead { get; private set; } = "";

    public static string Request(string extraHeaders = "", string method = "GET", string version = "HTTP/1.1", string? key = Key, string? wsVersion = "13", string upgrade = "websocket", string connection = "Upgrade", string path = "/") =>
        $"{method} {path} {version}\r\nHost: localhost\r\nUpgrade: {upgrade}\r\nConnection: {connection}\r\n"
        + (key is null ? "" : $"Sec-WebSocket-Key: {key}\r\n")
        + (wsVersion is null ? "" : $"Sec-WebSocket-Version: {wsVersion}\r\n")
        + extraHeaders + "\r\n";

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _stream.WriteAsync(bytes, limit.Token);
        await _stream.FlushAsync(limit.Token);
    }

    public Task SendTextAsync(string text) => SendAsync(RawFrame.ClientText(text));

    /// <summary>Reads up to the empty line behind a response head.</summary>
    public async Task<string> ReadHeadAsync()
    {
        var head = new List<byte>();
        while (!(head.Count >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n'))
        {
            head.Add((await ReadExactlyAsync(1))[0]);
        }

        return Encoding.ASCII.GetString([.. head]);
    }

    public async Task<RawFrame> ReadFrameAsync()
    {
        var start = await ReadExactlyAsync(2);
        long length = start[1] & 0x7f;
        length = length switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await ReadExactlyAsync(2)),
            127 => BinaryPrimitives.ReadInt64BigEndian(await ReadExactlyAsync(8)),
            _ => length,
        };
        return new RawFrame((start[0] & 0x80) != 0, (start[0] >> 4) & 7, start[0] & 15, (start[1] & 0x80) != 0, await ReadExactlyAsync((int)length));
    }

    /// <summary>Reads a message, joining frames; pongs in between are an error.</summary>
    public async Task<RawFrame> ReadMessageAsync()
    {
        var frame = await ReadFrameAsync();
        var payload = new List<byte>(frame.Payload);
        var opcode = frame.Opcode;
        while (!frame.Final)
        {
            frame = await ReadFrameAsync();
            Assert.That(frame.Opcode, Is.Zero);
            payload.AddRange(frame.Payload);
        }

        return new RawFrame(true, 0, opcode, false, [.. payload]);
    }

    /// <summary>Reads to the end of the connection; a reset counts as an end.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        using var all = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(all, limit.Token);
        }
        catch (IOException)
        {
            WasReset = true;
        }

        return all.ToArray();
    }

    public bool WasReset { get; private set; }

    /// <summary>Expects a close frame, then the end of the connection after our answer, if need be by the passing of the server's time.</summary>
    public async Task<RawFrame> ExpectCloseAsync(int code, ManualTimeProvider? time = null)
    {
        var frame = await ReadFrameAsync();
        Assert.That((frame.Opcode, frame.CloseCode), Is.EqualTo((8, code)), () => $"got opcode {frame.Opcode}: {frame.Text}");
        try
        {
            await SendAsync(RawFrame.ClientClose(code == 1005 ? 1000 : code));
        }
        catch (IOException) when (code is 1002 or 1007 or 1009)
        {
            return frame; // a server that has closed because of our fault need not wait for the answer
        }

        var end = ReadToEndAsync();
        if (time is not null)
        {
            await Eventually.Is(() =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return end.IsCompleted;
            });
        }

        Assert.That(await end, Is.Empty);
        return frame;
    }

    public async Task<byte[]> ReadExactlyAsync(int count)
    {
        using var limit = new CancellationTokenSource(Patience);
        var bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes, limit.Token);
        return bytes;
    }

    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _socket.Dispose();
    }
}
