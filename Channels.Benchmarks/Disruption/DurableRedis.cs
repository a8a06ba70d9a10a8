using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Channels.Benchmarks;

/// <summary>A Redis server that keeps its data in an append-only file, and can be restarted on its port. Disposing ends it.</summary>
internal sealed class DurableRedis : IDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("channels-disruption-").FullName;
    private Process _process;

    internal DurableRedis()
    {
        _process = Start();
    }

    internal IPEndPoint EndPoint { get; } = new(IPAddress.Loopback, LocalPort.Next());

    /// <summary>Ends the server as a service manager does, and starts it again.</summary>
    internal void Restart()
    {
        using (var signal = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)])) signal.WaitForExit();
        _process.WaitForExit();
        _process.Dispose();
        _process = Start();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("redis-server", ["--port", EndPoint.Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--dir", _folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start) ?? throw new CellFailedException("redis-server did not start");
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var started = Stopwatch.GetTimestamp();
        while (!Answers())
        {
            if (process.WaitForExit(20) || Stopwatch.GetElapsedTime(started) > StartPatience) throw new CellFailedException("redis-server does not answer");
        }

        return process;
    }

    private bool Answers()
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(EndPoint);
            client.GetStream().Write("PING\r\n"u8);
            return client.GetStream().ReadByte() == '+'; // not while it still loads
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return false;
        }
    }
}
