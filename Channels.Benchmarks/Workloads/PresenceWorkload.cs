using System.Diagnostics;
using System.Globalization;
using Channels.Layers.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Benchmarks;

/// <summary>
/// Keys that two processes track in one group on Redis, and pages of the list as soon as the last has joined. What is counted is
/// joins, what is timed is pages; the processes are two hosts of this program.
/// </summary>
/// <param name="Keys">How many keys.</param>
internal sealed record PresenceWorkload(string Name, string Title, int Keys) : Workload(Name, Title)
{
    private const int AtOnce = 128;
    private const int PageSize = 1_000;

    internal override string Unit => "joins";

    // The harness is synchronous; nothing waits for this thread.
    internal override CellResult Run(Cell cell) => RunAsync(cell).GetAwaiter().GetResult();

    private async Task<CellResult> RunAsync(Cell cell)
    {
        await using var one = Build(cell);
        await using var two = Build(cell);
        IGroupPresence[] processes = [one.GetRequiredService<IGroupPresence>(), two.GetRequiredService<IGroupPresence>()];
        var meter = new Meter([Environment.ProcessId], cell.Servers[0].Id);
        var next = -1;
        meter.Start();
        try
        {
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(worker => Task.Run(async () =>
            {
                for (int key; (key = Interlocked.Increment(ref next)) < Keys;)
                {
                    var name = string.Create(CultureInfo.InvariantCulture, $"{key:D7}");
                    await processes[key % 2].TrackAsync(cell.RunId, $"specific.{name}", name);
                }
            })));
            meter.Count = Keys;
            meter.Stop();
            var lost = 0L;
            foreach (var process in processes) lost += Keys - await CountAsync(process, cell.RunId, meter.Latencies);
            return meter.Result(Name, cell.Contestant, cell.Round) with { Lost = lost };
        }
        catch (ChannelLayerUnavailableException failed)
        {
            throw new CellFailedException(failed.Message);
        }
    }

    private static async Task<long> CountAsync(IGroupPresence presence, string group, LatencyHistogram pages)
    {
        var count = 0L;
        string? last = null;
        PresencePage page;
        do
        {
            var asked = Stopwatch.GetTimestamp();
            page = await presence.ListAsync(group, last, PageSize);
            pages.Add(Stopwatch.GetTimestamp() - asked);
            count += page.Entries.Count;
            last = page.Entries.Count > 0 ? page.Entries[^1].Key : last;
        }
        while (page.HasMore);
        return count;
    }

    private static ServiceProvider Build(Cell cell)
    {
        var services = new ServiceCollection();
        services.AddChannels().AddRedisLayer(configure: options => options.Hosts.Add(cell.Servers[0].EndPoint.ToString()));
        return services.BuildServiceProvider();
    }
}
