using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Channels.Tests.Hostile;

/// <summary>One connection of an attack, which nothing that the server does to it surprises. One reader and one writer at a time.</summary>
internal sealed class Attacker(Socket socket, CancellationToken over) : IDisposable
{
    /// <summary>The fate of a connection that the server has not ended.</summary>
    public const string Open = "open";

    /// <summary>The fate of a connection that the server has ended without a word.</summary>
    public const string Cut = "cut";

    private readonly byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    public async Task ConnectAsync(IPEndPoint server)
    {
        try
        {
            await socket.ConnectAsync(server, over);
        }
        catch (Exception error) when (IsEnd(error))
        {
            // refused, or too late
        }
    }

    /// <summary>Sends; false when the server takes no more, or the attack is over.</summary>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await socket.SendAsync(bytes, over)..];
            }

            return true;
        }
        catch (Exception error) when (IsEnd(error))
        {
            return false;
        }
    }

    /// <summary>Sends the same until the server takes no more, or the attack is over.</summary>
    public async Task FloodAsync(byte[] bytes)
    {
        while (await SendAsync(bytes))
        {
            // and again
        }
    }

    /// <summary>Reads the head of a response.</summary>
    /// <returns>Its status, or a fate.</returns>
    public Task<string> ReadStatusAsync(CancellationToken until) => WatchAsync(async () =>
    {
        var head = new StringBuilder();
        while (head.Length < 4 || head.ToString(head.Length - 4, 4) != "\r\n\r\n")
        {
            head.Append((char)(await ReadAsync(1, until))[0]);
        }

        return head.ToString(9, 3);
    });

    /// <summary>Reads frames up to a close frame.</summary>
    /// <returns>Its code, or a fate.</returns>
    public Task<string> ReadCloseAsync(CancellationToken until) => WatchAsync(async () =>
    {
        while (true)
        {
            var start = await ReadAsync(2, until);
            var length = start[1] switch
            {
                126 => BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2, until)),
                127 => (int)BinaryPrimitives.ReadInt64BigEndian(await ReadAsync(8, until)),
                _ => start[1],
            };
            if ((start[0] & 15) == 8)
            {
                return length < 2 ? "1005" : $"{BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2, until))}";
            }

            await SkipAsync(length, until);
        }
    });

    /// <summary>Reads everything up to the end of the connection.</summary>
    public async Task<string> ReadAllAsync(CancellationToken until)
    {
        var text = new StringBuilder();
        await WatchAsync(async () =>
        {
            while (true)
            {
                text.Append((char)(await ReadAsync(1, until))[0]);
            }
        });
        return text.ToString();
    }

    public async Task<byte[]> ReadAsync(int count, CancellationToken until)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            await FillAsync(until);
            var part = Math.Min(count - read, _end - _start);
            _buffer.AsSpan(_start, part).CopyTo(bytes.AsSpan(read));
            (_start, read) = (_start + part, read + part);
        }

        return bytes;
    }

    public async Task SkipAsync(int count, CancellationToken until)
    {
        while (count > 0)
        {
            await FillAsync(until);
            var part = Math.Min(count, _end - _start);
            (_start, count) = (_start + part, count - part);
        }
    }

    /// <summary>Turns the end of what is watched into a fate.</summary>
    public static async Task<string> WatchAsync(Func<Task<string>> watch)
    {
        try
        {
            return await watch();
        }
        catch (OperationCanceledException)
        {
            return Open;
        }
        catch (Exception error) when (IsEnd(error))
        {
            return Cut;
        }
    }

    /// <summary>Ends the attacker's own direction.</summary>
    public void SayNoMore()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (IsEnd(error))
        {
            // the server has ended both
        }
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();

    private static bool IsEnd(Exception error) => error is SocketException or EndOfStreamException or ObjectDisposedException or OperationCanceledException;

    private async Task FillAsync(CancellationToken until)
    {
        if (_start == _end)
        {
            (_start, _end) = (0, await socket.ReceiveAsync(_buffer, until));
            if (_end == 0)
            {
                throw new EndOfStreamException();
            }
        }
    }
}
