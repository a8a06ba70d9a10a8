using System.Diagnostics;

namespace Channels.Benchmarks;

/// <summary>Counts and times what happens between <see cref="Start"/> and <see cref="Stop"/>, and the CPU all sides used for it.</summary>
/// <param name="servers">The processes that are measured; their CPU is added up. This process may be one of them.</param>
/// <param name="backend">What they talk through; null: nothing.</param>
internal sealed class Meter(IReadOnlyList<int> servers, int? backend)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    private long _startTicks;
    private CpuUse _start;
    private CpuUse _used;
    private double _seconds;

    internal Meter(Cell cell)
        : this(cell.ServerIds, cell.Backend?.Id)
    {
    }

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
        _start = ReadUse();
        _startTicks = Stopwatch.GetTimestamp();
        IsRunning = true;
    }

    internal void Stop()
    {
        IsRunning = false;
        _seconds = Elapsed.TotalSeconds;
        _used = ReadUse().Since(_start);
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
        CpuPerMillion = Count == 0 ? null : _used.Servers / Count * 1e6,
        ServerCores = _used.Servers / _seconds,
        BackendCores = _used.Backend / _seconds,
        GeneratorCores = _used.Generator / _seconds,
        OthersCores = _used.Others / _seconds,
        Failure = Count == 0 ? "nothing was delivered in the measured time" : null,
    };

    private CpuUse ReadUse() => new(
        CpuClock.Nanoseconds(servers) / 1e9,
        backend is { } id ? CpuClock.Nanoseconds(id) / 1e9 : null,
        servers.Contains(Environment.ProcessId) ? null : CpuClock.Nanoseconds(Environment.ProcessId) / 1e9,
        MachineLoad.BusySeconds());

    private double? Latency(double share) =>
        Latencies.Count == 0 ? null : Latencies.Percentile(share) * 1e6 / Stopwatch.Frequency;
}
