using System.Diagnostics;

namespace Channels.Benchmarks;

/// <summary>Counts and times what happens between <see cref="Start"/> and <see cref="Stop"/>, and the CPU both sides used for it.</summary>
internal sealed class Meter(int serverProcessId)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    private long _startTicks;
    private long _startServer;
    private long _startGenerator;
    private double _seconds;
    private double _server;
    private double _generator;
    private double _startMachine;
    private double _machine;

    internal long Count { get; set; }

    internal bool IsRunning { get; private set; }

    internal LatencyHistogram Latencies { get; } = new();

    internal TimeSpan Elapsed => Stopwatch.GetElapsedTime(_startTicks);

    /// <summary>Whether a phase may end: its time is over and, while measuring, something was counted (or nothing came for long).</summary>
    internal bool IsOver(long phaseStart, TimeSpan duration)
    {
        var elapsed = Stopwatch.GetElapsedTime(phaseStart);
        return elapsed >= duration && (!IsRunning || Count > 0 || elapsed > duration + Patience);
    }

    internal void Start()
    {
        _startServer = CpuClock.Nanoseconds(serverProcessId);
        _startGenerator = CpuClock.Nanoseconds(Environment.ProcessId);
        _startMachine = MachineLoad.BusySeconds();
        _startTicks = Stopwatch.GetTimestamp();
        IsRunning = true;
    }

    internal void Stop()
    {
        IsRunning = false;
        _seconds = Elapsed.TotalSeconds;
        _machine = MachineLoad.BusySeconds() - _startMachine;
        _server = (CpuClock.Nanoseconds(serverProcessId) - _startServer) / 1e9;
        _generator = (CpuClock.Nanoseconds(Environment.ProcessId) - _startGenerator) / 1e9;
    }

    internal CellResult Result(string workload, string contestant, int round) => new()
    {
        Workload = workload,
        Contestant = contestant,
        Round = round,
        Count = Count,
        Seconds = _seconds,
        PerSecond = Count / _seconds,
        P50 = Latency(0.5),
        P99 = Latency(0.99),
        P999 = Latency(0.999),
        CpuPerMillion = Count == 0 ? null : _server / Count * 1e6,
        ServerCores = _server / _seconds,
        GeneratorCores = _generator / _seconds,
        OthersCores = Math.Max(0, (_machine - _server - _generator) / _seconds),
        Failure = Count == 0 ? "nothing was delivered in the measured time" : null,
    };

    private double? Latency(double share) =>
        Latencies.Count == 0 ? null : Latencies.Percentile(share) * 1e6 / Stopwatch.Frequency;
}
