using System.Diagnostics;
using Channels.Layers.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels.Benchmarks;

/// <summary>Runs one <see cref="SendWorkload"/> against one Redis server, from a host without a web server.</summary>
internal sealed class SendDriver(SendWorkload workload, Cell cell)
{
    // All inboxes of a process are one sorted set in Redis: far above what all senders may have under way.
    private const int Capacity = 100_000;
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(60);

    private readonly Meter _meter = new([Environment.ProcessId], cell.Servers[0].Id);
    private readonly Lock _lock = new();

    internal async Task<CellResult> RunAsync()
    {
        var host = BuildHost();
        await using var services = (IAsyncDisposable)host; // ends the layer without blocking a thread
        await host.StartAsync();
        var layer = host.Services.GetRequiredService<IChannelLayer>();
        var lanes = new SendLane[workload.Senders];
        for (var i = 0; i < lanes.Length; i++) lanes[i] = await SendLane.OpenAsync(layer, (uint)i, workload.GroupMembers, CountSend, CountArrival);
        try
        {
            return await MeasureAsync(lanes);
        }
        catch (Exception failed) when (failed is ChannelLayerUnavailableException or ChannelFullException)
        {
            throw new CellFailedException(failed.Message);
        }
        finally
        {
            foreach (var lane in lanes) await lane.DisposeAsync();
            await host.StopAsync();
        }
    }

    private async Task<CellResult> MeasureAsync(SendLane[] lanes)
    {
        using var stop = new CancellationTokenSource();
        var senders = Task.WhenAll(lanes.Select(lane => Task.Run(() => lane.SendAsync(stop.Token))));
        await Task.WhenAny(senders, Task.Delay(cell.Timing.WarmUp));
        var allocated = GC.GetTotalAllocatedBytes();
        _meter.Start();
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAny(senders, Task.Delay(cell.Timing.Measure));
        while (!_meter.IsOver(started, cell.Timing.Measure) && !senders.IsCompleted) await Task.Delay(10);
        _meter.Stop();
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        await stop.CancelAsync();
        await senders;
        var end = DateTime.UtcNow + DrainPatience;
        while (lanes.Any(static lane => lane.Lost > 0) && DateTime.UtcNow < end) await Task.Delay(10);

        var checks = lanes.SelectMany(static lane => lane.Checks).ToArray();
        return _meter.Result(workload.Name, cell.Contestant, cell.Round) with
        {
            AllocatedBytesPerDelivery = _meter.Count == 0 ? null : (double)allocated / _meter.Count,
            Lost = lanes.Sum(static lane => lane.Lost),
            Duplicated = checks.Sum(static check => check.Duplicated),
            Reordered = checks.Sum(static check => check.Reordered),
            Misrouted = checks.Sum(static check => check.Misrouted),
        };
    }

    private IHost BuildHost()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(static logging => logging.SetMinimumLevel(LogLevel.None));
        builder.Services.AddChannels().AddRedisLayer(configure: options =>
        {
            options.Hosts.Add(cell.Servers[0].EndPoint.ToString());
            options.Capacity = Capacity;
        });
        return builder.Build();
    }

    private void CountSend()
    {
        lock (_lock)
        {
            if (_meter.IsRunning) _meter.Count++;
        }
    }

    private void CountArrival(long ticks)
    {
        lock (_lock)
        {
            if (_meter.IsRunning) _meter.Latencies.Add(ticks);
        }
    }
}
