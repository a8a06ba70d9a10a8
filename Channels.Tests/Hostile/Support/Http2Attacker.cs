using System.Buffers.Binary;

namespace Channels.Tests.Hostile;

/// <summary>One connection of HTTP/2: what it sends is raw, and what comes back is counted.</summary>
internal sealed class Http2Attacker(Attacker connection)
{
    private int _answered;
    private int _ended;

    /// <summary>How many of its streams have been answered.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>How many of its streams the server has ended: with their answer, or by a reset.</summary>
    public int Ended => Volatile.Read(ref _ended);

    /// <summary>Connects, and lets streams send so much.</summary>
    public static async Task<Http2Attacker> ConnectAsync(Assault assault, int window = 65_535)
    {
        var attacker = new Http2Attacker(await assault.ConnectAsync(assault.Server.Http2));
        await attacker.SendAsync([.. Http2Frames.Preface, .. Http2Frames.Setting(4, window), .. Http2Frames.WindowUpdate(0, 1 << 30)]);
        return attacker;
    }

    public Task<bool> SendAsync(byte[] frames) => connection.SendAsync(frames);

    public Task FloodAsync(byte[] frames) => connection.FloodAsync(frames);

    /// <summary>Reads until the server says that it goes away.</summary>
    /// <returns>Its code as <c>GOAWAY 11</c>, or a fate of <see cref="Attacker"/>.</returns>
    public Task<string> WatchAsync(CancellationToken until) => Attacker.WatchAsync(async () =>
    {
        while (true)
        {
            var head = await connection.ReadAsync(9, until);
            var length = BinaryPrimitives.ReadInt32BigEndian(head) >>> 8;
            var type = (Http2FrameType)head[3];
            if (type == Http2FrameType.GoAway)
            {
                return $"GOAWAY {BinaryPrimitives.ReadInt32BigEndian((await connection.ReadAsync(length, until)).AsSpan(4))}";
            }

            await connection.SkipAsync(length, until);
            Interlocked.Add(ref _answered, type == Http2FrameType.Headers ? 1 : 0);
            Interlocked.Add(ref _ended, type == Http2FrameType.Reset || (type is Http2FrameType.Headers or Http2FrameType.Data && (head[4] & Http2Frames.EndStream) != 0) ? 1 : 0);
        }
    });
}
