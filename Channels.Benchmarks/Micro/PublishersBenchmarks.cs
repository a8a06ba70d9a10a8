using BenchmarkDotNet.Attributes;

namespace Channels.Benchmarks;

/// <summary>32 publishers to different groups, on one thread and on two: the same work, which two cores should halve.</summary>
public class PublishersBenchmarks
{
    private const int Groups = 32;
    private const int Members = 30;
    private const int Messages = 200;

    private readonly InMemoryChannelLayer _layer = new();
    private readonly ChannelMessage _message = ChannelMessage.Of(new MicroMessage("Hello, World!"));
    private readonly ChannelInbox[][] _inboxes = new ChannelInbox[Groups][];

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        for (var group = 0; group < Groups; group++)
        {
            _inboxes[group] = new ChannelInbox[Members];
            for (var member = 0; member < Members; member++)
            {
                var inbox = _inboxes[group][member] = await _layer.NewChannelAsync();
                await _layer.GroupAddAsync(Name(group), inbox.Name);
            }
        }
    }

    [Benchmark(OperationsPerInvoke = Groups * Members * Messages)]
    public void Publish()
    {
        if (Threads == 1)
        {
            Publish(0, Groups);
            return;
        }

        var other = new Thread(() => Publish(0, Groups / 2));
        other.Start();
        Publish(Groups / 2, Groups);
        other.Join();
    }

    private static string Name(int group) => "group-" + (char)('A' + group % 26) + (char)('0' + group / 26);

    private void Publish(int first, int end)
    {
        for (var group = first; group < end; group++)
        {
            var name = Name(group);
            for (var i = 0; i < Messages; i++)
            {
                _ = _layer.GroupSendAsync(name, _message);
                foreach (var inbox in _inboxes[group]) inbox.TryTake(out _);
            }
        }
    }
}
