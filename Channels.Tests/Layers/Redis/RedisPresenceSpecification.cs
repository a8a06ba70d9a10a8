using Channels.Layers.Redis;
using Channels.Tests.Specifications;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of presence on both layouts: two processes on one real server; and what becomes of it when that fails.</summary>
[TestFixture("core")]
[TestFixture("pubsub")]
public sealed class RedisPresenceSpecification(string layout) : GroupPresenceSpecification
{
    private RedisServer? _server;

    [TearDown]
    public async Task StopServerAsync()
    {
        await EndProcessesAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    protected override async ValueTask AddLayerAsync(ChannelsBuilder builder)
    {
        _server ??= await RedisServer.StartAsync();
        void Configure(RedisLayerOptions options)
        {
            options.Hosts.Add(_server.Address);
            options.PingInterval = TimeSpan.FromSeconds(1);
        }

        _ = layout == "core" ? builder.AddRedisLayer(configure: Configure) : builder.AddRedisPubSubLayer(configure: Configure);
    }

    [Test]
    public async Task A_server_that_lost_its_data_is_told_again_and_watchers_begin_anew()
    {
        var (process, peer) = (await StartProcessAsync(), await StartProcessAsync());
        var watcher = await JoinAsync(process, "a");
        await JoinAsync(peer, "b", watches: false);
        var gone = await JoinAsync(peer, "c", watches: false);
        await ReceivedAsync(watcher, 3);
        await _server!.KillAsync();
        await gone.EndAsync(); // while nobody can be told
        await _server.RestartAsync();
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
        await _server!.DisposeAsync();
        _server = await RedisServer.StartAsync("--appendonly", "yes");
        var (process, peer) = (await StartProcessAsync(), await StartProcessAsync());
        var watcher = await JoinAsync(process, "a");
        var leaving = await JoinAsync(peer, "b", watches: false);
        await ReceivedAsync(watcher, 2);
        await _server.KillAsync();
        await leaving.EndAsync();
        await _server.RestartAsync();
        Assert.That(await ReceivedAsync(watcher, 3), Is.EqualTo(new[] { "here a", "+b", "-b" }));
    }

    [Test]
    public async Task Connections_that_are_present_cost_no_traffic()
    {
        var process = await StartProcessAsync();
        await KeysAsync(process); // connects: what is there then is told twice
        for (var n = 0; n < 300; n++)
        {
            await PresenceOf(process).TrackAsync("room", $"specific.{n}", $"k{n}");
        }

        Assert.That(await IdleTraffic.CountWithinAsync(_server!, pings: 4), Is.LessThan(60), "a few for each link and the lease, nothing per connection");
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
