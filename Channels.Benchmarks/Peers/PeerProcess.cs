using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Channels.Benchmarks;

/// <summary>One process of a running peer. Disposing ends it.</summary>
internal sealed class PeerProcess : IDisposable
{
    private const int KeptLines = 12;

    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2); // on a machine that has more to do

    private readonly Process _process;
    private readonly Queue<string> _output = new();

    private PeerProcess(Process process, IPEndPoint endPoint)
    {
        _process = process;
        Server = new ServerProcess(endPoint, process.Id);
    }

    internal ServerProcess Server { get; }

    internal bool HasExited => _process.HasExited;

    /// <summary>The last lines the server wrote, for error messages.</summary>
    internal string LastOutput
    {
        get
        {
            lock (_output) return string.Join(" | ", _output);
        }
    }

    /// <summary>Starts the peer and waits until it accepts connections.</summary>
    internal static PeerProcess Start(Peer peer, IPEndPoint? backend, long? gen0Bytes)
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, LocalPort.Next());
        var start = peer.Start(endPoint.Port, backend);
        if (peer.IsDotNet && gen0Bytes is { } bytes) start.Environment["DOTNET_GCgen0size"] = bytes.ToString("X", CultureInfo.InvariantCulture);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        var process = Process.Start(start) ?? throw new CellFailedException($"{peer.Name} did not start");
        var running = new PeerProcess(process, endPoint);
        process.OutputDataReceived += running.Keep;
        process.ErrorDataReceived += running.Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            running.WaitUntilReady(peer.Name);
            return running;
        }
        catch
        {
            running.Dispose();
            throw;
        }
    }

    /// <summary>Waits (two seconds at most) until the server has cleaned up after a load and uses hardly any CPU.</summary>
    internal void WaitUntilQuiet()
    {
        const int Milliseconds = 50;
        var used = CpuClock.Nanoseconds(Server.Id);
        for (var waited = 0; waited < 2000 && !_process.WaitForExit(Milliseconds); waited += Milliseconds)
        {
            var before = used;
            used = CpuClock.Nanoseconds(Server.Id);
            if (used - before < Milliseconds * 1_000_000 / 20) return;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private void WaitUntilReady(string name)
    {
        var started = Stopwatch.GetTimestamp();
        while (!Accepts())
        {
            if (_process.WaitForExit(50)) throw new CellFailedException($"{name} ended with code {_process.ExitCode}: {LastOutput}");
            if (Stopwatch.GetElapsedTime(started) > StartPatience) throw new CellFailedException($"{name} does not listen: {LastOutput}");
        }
    }

    private bool Accepts()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(Server.EndPoint);
            return true;
        }
        catch (SocketException)
        {
            return false; // Not listening yet; the caller tries again.
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        // The frames of a stack trace say less than the exception above them.
        if (line.Data is null || line.Data.StartsWith("   at ", StringComparison.Ordinal)) return;
        lock (_output)
        {
            _output.Enqueue(line.Data);
            if (_output.Count > KeptLines) _output.Dequeue();
        }
    }
}
