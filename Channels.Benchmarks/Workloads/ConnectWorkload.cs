using System.Diagnostics;

namespace Channels.Benchmarks;

/// <summary>Connections opened, greeted and closed again, a fixed number at a time.</summary>
internal sealed record ConnectWorkload(string Name, string Title, int AtOnce) : Workload(Name, Title)
{
    internal override string Unit => "connections";

    internal override CellResult Run(Cell cell)
    {
        using var loop = new LoadLoop();
        var meter = new Meter(cell);
        var driver = new Driver(loop, cell, meter);
        for (var i = 0; i < AtOnce; i++) driver.Open();
        RunFor(loop, driver, meter, cell.Timing.WarmUp);
        meter.Start();
        RunFor(loop, driver, meter, cell.Timing.Measure);
        meter.Stop();
        var allocated = cell.Allocations?.Measure(() => driver.Closed, () => RunFor(loop, driver, meter, TimeSpan.FromMilliseconds(20)), cell.Timing.Allocations);
        return meter.Result(Name, cell.Contestant, cell.Round) with { Broken = driver.Broken, AllocatedBytesPerDelivery = allocated };
    }

    private static void RunFor(LoadLoop loop, Driver driver, Meter meter, TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        while (!meter.IsOver(started, duration))
        {
            loop.RunOnce(50);
            if (driver.Failure is { } failure) throw new CellFailedException(failure);
            driver.OpenMissing();
        }
    }

    private sealed class Driver(LoadLoop loop, Cell cell, Meter meter) : IClientObserver
    {
        private readonly Dialect _dialect = cell.Dialect.For(cell.RunId);
        private readonly Dictionary<WebSocketClient, long> _started = [];
        private int _missing;
        private int _opened;

        internal int Broken { get; private set; }

        /// <summary>Connections that went through all of it, measured or not.</summary>
        internal long Closed { get; private set; }

        internal string? Failure { get; private set; }

        internal void Open()
        {
            var client = new WebSocketClient(_dialect, this);
            _started[client] = Stopwatch.GetTimestamp();
            loop.Open(client, cell.TargetOf(_opened++));
        }

        internal void OpenMissing()
        {
            for (; _missing > 0; _missing--) Open();
        }

        public void OnOpen(WebSocketClient client)
        {
            if (meter.IsRunning) meter.Latencies.Add(Stopwatch.GetTimestamp() - _started[client]);
            client.StartClose();
        }

        public void OnDelivery(WebSocketClient client, in Stamp stamp, long now)
        {
        }

        public void OnEnded(WebSocketClient client, string reason, bool expected)
        {
            _started.Remove(client);
            _missing++;
            if (expected)
            {
                Closed++;
                if (meter.IsRunning) meter.Count++;
                return;
            }

            Broken++;
            Failure ??= reason;
        }
    }
}
