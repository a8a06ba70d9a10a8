using Channels.Tests.Specifications;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of presence on both layouts: two processes on one real server; and what becomes of it when that fails.</summary>
[TestFixture("core")]
[TestFixture("pubsub")]
public sealed class RedisPresenceSpecification(string layout) : GroupPresenceSpecification
{
    private readonly OwnRedis _redis = new();

    [TearDown]
    public async Task StopServerAsync()
    {
        await EndProcessesAsync();
        await _redis.DisposeAsync();
    }

    protected override ValueTask AddLayerAsync(ChannelsBuilder builder) => _redis.AddLayerAsync(builder, layout);

    [Test]
    public async Task A_server_that_lost_its_data_is_told_again_and_watchers_begin_anew()
    {
        var (process, peer) = (await StartProcessAsync(), await StartProcessAsync());
        var watcher = await JoinAsync(process, "a");
        await JoinAsync(peer, "b", watches: false);
        var gone = await JoinAsync(peer, "c", watches: false);
        await ReceivedAsync(watcher, 3);
        await _redis.Server.KillAsync();
        await gone.EndAsync(); // while nobody can be told
        await _redis.Server.RestartAsync();
        await Eventually.Is(async () =>
        {
            try
            {
                return (await KeysAsync(peer)) is ["a", "b"];
            }
            catch (ChannelLayerUnavailableException)
            {
                return false;
            }
        }, Patience);
        await Eventually.Is(() => Known(watcher.Sent) is ["a", "b"], Patience);
    }

    [Test]
    public async Task Who_leaves_while_the_server_is_away_is_gone_when_it_is_back()
    {
        await StartProcessAsync();
        await _redis.DisposeAsync();
        await _redis.StartAsync("--appendonly", "yes");
        var (process, peer) = (await StartProcessAsync(), await StartProcessAsync());
        var watcher = await JoinAsync(process, "a");
        var leaving = await JoinAsync(peer, "b", watches: false);
        await ReceivedAsync(watcher, 2);
        await _redis.Server.KillAsync();
        await leaving.EndAsync();
        await _redis.Server.RestartAsync();
        await Eventually.Is(() => watcher.Sent.Contains("-b"), Patience);
        Assert.That(watcher.Sent.Where(text => text[1..] != "a"), Is.EqualTo(new[] { "here a", "+b", "-b" })); // whose server is away for longer than its lease may be taken for dead, and comes back: that is "a"
    }

    [Test]
    public async Task Connections_that_are_present_cost_no_traffic()
    {
        _redis.PingInterval = TimeSpan.FromSeconds(1); // the traffic is measured by them
        var process = await StartProcessAsync();
        await KeysAsync(process); // connects: what is there then is told twice
        for (var n = 0; n < 300; n++)
        {
            await PresenceOf(process).TrackAsync("room", $"specific.{n}", $"k{n}");
        }

        // A few for each link and the lease, nothing per connection; a link that was silent for a second is replaced, and everything told again.
        await Eventually.Is(async () => await IdleTraffic.CountWithinAsync(_redis.Server, pings: 4) < 60, Patience);
    }

    // What a client makes of all that it was told.
    private static string[] Known(string[] sent)
    {
        SortedSet<string> known = new(StringComparer.Ordinal);
        foreach (var text in sent)
        {
            if (text.StartsWith("here ", StringComparison.Ordinal))
            {
                known = new(text[5..].Split(' ', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
            }
            else
            {
                _ = text[0] == '+' ? known.Add(text[1..]) : known.Remove(text[1..]);
            }
        }

        return [.. known];
    }
}
