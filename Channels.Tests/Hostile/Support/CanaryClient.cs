using System.Diagnostics;
using System.Net.Sockets;

namespace Channels.Tests.Hostile;

/// <summary>One polite client of the <see cref="Canary"/>, with blocking calls on a thread of its own.</summary>
internal abstract class CanaryClient
{
    /// <summary>How long an answer may take before it counts as lost.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private Thread _thread = null!;
    private int _roundCount;

    public int RoundCount => Volatile.Read(ref _roundCount);

    /// <summary>Begins; <paramref name="canary"/> is told of every round.</summary>
    public void Start(int number, Uri server, Canary canary)
    {
        _thread = new Thread(() => Run(number, server, canary)) { IsBackground = true, Name = $"canary {number}" };
        _thread.Start();
    }

    public void Join() => _thread.Join(Patience);

    protected abstract void Open(NetworkStream stream);

    protected abstract void Round(NetworkStream stream, string text);

    protected static byte[] Read(NetworkStream stream, int count)
    {
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }

    protected static string ReadHead(NetworkStream stream)
    {
        var head = "";
        while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head += (char)Read(stream, 1)[0];
        }

        return head;
    }

    private void Run(int number, Uri server, Canary canary)
    {
        try
        {
            using var client = new TcpClient(server.Host, server.Port) { NoDelay = true };
            var stream = client.GetStream();
            stream.ReadTimeout = stream.WriteTimeout = (int)Patience.TotalMilliseconds;
            Open(stream);
            canary.Stop.Wait(Beat * number / Canary.Count); // spread over the beat
            while (!canary.Stop.Wait(Beat))
            {
                var start = Stopwatch.GetTimestamp();
                Round(stream, $"round {_roundCount} of {number}");
                canary.Answered(Stopwatch.GetElapsedTime(start));
                Interlocked.Increment(ref _roundCount);
            }
        }
        catch (Exception error)
        {
            canary.Complain($"{GetType().Name} {number} after {_roundCount} rounds: {error.Message}");
        }
    }
}
