using System.Diagnostics;
using System.Text;

namespace Channels.Benchmarks;

/// <summary>Plain requests on keep-alive connections, one under way on each.</summary>
internal sealed record HttpWorkload(string Name, string Title, int Connections) : Workload(Name, Title)
{
    internal override string Unit => "requests";

    internal override CellResult Run(Cell cell)
    {
        using var loop = new LoadLoop();
        var meter = new Meter(cell);
        var driver = new HttpDriver(meter);
        var request = Encoding.ASCII.GetBytes($"GET {cell.Dialect.Path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        for (var i = 0; i < Connections; i++) loop.Open(new HttpClientConnection(request, driver), cell.TargetOf(i));
        RunFor(loop, driver, meter, cell.Timing.WarmUp);
        meter.Start();
        RunFor(loop, driver, meter, cell.Timing.Measure);
        meter.Stop();
        var allocated = cell.Allocations?.Measure(() => driver.Answers, () => RunFor(loop, driver, meter, TimeSpan.FromMilliseconds(20)), cell.Timing.Allocations);
        return meter.Result(Name, cell.Contestant, cell.Round) with { AllocatedBytesPerDelivery = allocated };
    }

    private static void RunFor(LoadLoop loop, HttpDriver driver, Meter meter, TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        while (!meter.IsOver(started, duration))
        {
            loop.RunOnce(50);
            if (driver.Failure is { } failure) throw new CellFailedException(failure);
        }
    }
}
