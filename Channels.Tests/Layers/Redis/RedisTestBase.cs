using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>Servers and layers of one test, disposed in the right order after it.</summary>
public abstract class RedisTestBase
{
    /// <summary>Numbers from here on are probes of <see cref="UntilHeardAsync"/>, which may come late or several times.</summary>
    private protected const long LeastProbe = 1_000_000;

    private readonly List<RedisServer> _servers = [];
    private readonly List<IAsyncDisposable> _owned = [];

    [TearDown]
    public async Task DisposeAllAsync()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
        {
            await owned.DisposeAsync();
        }

        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private protected async Task<RedisServer> StartServerAsync(params string[] arguments)
    {
        var server = await RedisServer.StartAsync(arguments);
        _servers.Add(server);
        return server;
    }

    private protected RedisServer MakeServer(params string[] arguments)
    {
        var server = RedisServer.NotStarted(arguments);
        _servers.Add(server);
        return server;
    }

    private protected RedisCoreLayer MakeCore(string address, Action<RedisLayerOptions>? configure = null, TimeProvider? time = null, ChannelsMetrics? metrics = null) =>
        Own(new RedisCoreLayer(options: Options(address, configure), time: time, metrics: metrics));

    private protected RedisPubSubLayer MakePubSub(string address, Action<RedisLayerOptions>? configure = null, ChannelsMetrics? metrics = null) =>
        Own(new RedisPubSubLayer(options: Options(address, configure), metrics: metrics));

    private protected IChannelLayer Make(string layout, string address, Action<RedisLayerOptions>? configure = null, ChannelsMetrics? metrics = null) =>
        layout == "core" ? MakeCore(address, configure, metrics: metrics) : MakePubSub(address, configure, metrics);

    private protected T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    private protected static async Task<ChannelInbox> OpenMemberAsync(IChannelLayer layer, string group = "room")
    {
        var inbox = await layer.NewChannelAsync();
        await layer.GroupAddAsync(group, inbox.Name);
        return inbox;
    }

    private protected static ChannelMessage Numbered(long number) => new("test.numbered", new() { ["n"] = number });

    private protected static long NumberOf(ChannelMessage message) => message.Fields["n"].GetInt64();

    private protected static async Task<ChannelMessage> NextAsync(ChannelInbox inbox)
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        return await inbox.ReceiveAsync(patience.Token);
    }

    /// <summary>The next number that is no probe.</summary>
    private protected static async Task<long> NextNumberAsync(ChannelInbox inbox)
    {
        long number;
        do
        {
            number = NumberOf(await NextAsync(inbox));
        }
        while (number >= LeastProbe);
        return number;
    }

    private protected static async Task<ChannelMessage> NextAsync(IChannelLayer layer, string channel)
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        return await layer.ReceiveAsync(channel, patience.Token);
    }

    /// <summary>Sends to the group until the member hears it; gives how long that took.</summary>
    private protected static Task<TimeSpan> UntilHeardAsync(IChannelLayer sender, ChannelInbox member, string group = "room") =>
        UntilHeardAsync(message => sender.GroupSendAsync(group, message), member);

    /// <summary>Sends to the channel until it hears it: in a cluster its node may be found later than that of its group.</summary>
    private protected static Task<TimeSpan> UntilHeardDirectlyAsync(IChannelLayer sender, ChannelInbox member) =>
        UntilHeardAsync(message => sender.SendAsync(member.Name, message), member);

    private static async Task<TimeSpan> UntilHeardAsync(Func<ChannelMessage, ValueTask> send, ChannelInbox member)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        var probe = Random.Shared.NextInt64(LeastProbe, long.MaxValue);
        await Support.Eventually.Is(async () =>
        {
            try
            {
                await send(Numbered(probe));
            }
            catch (ChannelLayerUnavailableException)
            {
                return false; // still away
            }

            while (member.TryTake(out var message))
            {
                if (message.Type == "test.numbered" && NumberOf(message) == probe)
                {
                    return true;
                }
            }

            return false;
        });
        return System.Diagnostics.Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Sends as soon as the layer can.</summary>
    private protected static Task SendWhenBackAsync(IChannelLayer layer, string channel, ChannelMessage message) => Support.Eventually.Is(async () =>
    {
        try
        {
            await layer.SendAsync(channel, message);
            return true;
        }
        catch (ChannelLayerUnavailableException error) when (!error.OutcomeUnknown)
        {
            return false; // still away
        }
    });

    private static RedisLayerOptions Options(string address, Action<RedisLayerOptions>? configure)
    {
        var options = new RedisLayerOptions();
        options.Hosts.Add(address);
        RedisOptions.BePatient(options);
        configure?.Invoke(options);
        return options;
    }
}
