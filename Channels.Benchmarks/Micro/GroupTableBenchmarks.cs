using BenchmarkDotNet.Attributes;

namespace Channels.Benchmarks;

/// <summary>A group beside its size: joining and leaving must not grow with it, enumerating must not copy it.</summary>
public class GroupTableBenchmarks
{
    private const string Group = "group";
    private readonly InMemoryChannelLayer _layer = new();
    private readonly GroupTable _table = new();
    private string _other = "";

    [Params(10, 1_000, 100_000)]
    public int Members { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        for (var i = 0; i < Members; i++)
        {
            var inbox = await _layer.NewChannelAsync();
            await _layer.GroupAddAsync(Group, inbox.Name);
            _table.TryOpen(inbox.Mailbox);
            _table.Add(Group, inbox.Name, long.MaxValue);
        }

        _other = (await _layer.NewChannelAsync()).Name;
    }

    [Benchmark]
    public async ValueTask AddAndDiscard()
    {
        await _layer.GroupAddAsync(Group, _other);
        await _layer.GroupDiscardAsync(Group, _other);
    }

    [Benchmark]
    public int Enumerate()
    {
        var count = 0;
        foreach (var membership in _table.Find(Group)!.Snapshot())
        {
            if (membership.Mailbox is not null) count++;
        }

        return count;
    }
}
