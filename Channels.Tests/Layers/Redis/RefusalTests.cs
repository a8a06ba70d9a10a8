using Channels.Layers.Redis;
using Channels.Testing;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Layers.Redis;

/// <summary>A Redis that answers and refuses: no reason to replace connections, and senders hear the server's own words.</summary>
public sealed class RefusalTests : RedisTestBase
{
    [Test]
    [Proves("REL-16", "FC-7")]
    public async Task Writes_that_are_refused_cost_no_connection_and_everything_is_made_up_for_when_they_are_taken_again()
    {
        using var log = new LogRecorder();
        var server = await StartServerAsync();
        var options = new RedisLayerOptions { PingInterval = TimeSpan.FromSeconds(5), CommandTimeout = Eventually.Patience, ConnectTimeout = Eventually.Patience }; // a connection that is silent for a moment is none to be replaced
        options.Hosts.Add(server.Address);
        var layer = Own(new RedisCoreLayer(options: options, logger: log.CreateLogger<RedisCoreLayer>()));
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
        await server.CommandAsync("CONFIG", "SET", "min-replicas-to-write", "1");

        await using var late = await OpenMemberAsync(layer); // noted
        await Eventually.Is(() => log.Lines.Count(line => line.Text.Contains("refuses", StringComparison.Ordinal)) == 2); // memberships and pops
        var pings = IdleTraffic.CountWithinAsync(server, pings: 3); // time for many reconnects, and for the layer to be refused again
        await Eventually.Is(() =>
        {
            var error = Assert.ThrowsAsync<ChannelLayerUnavailableException>(async () => await layer.SendAsync("work", Numbered(1)));
            Assert.That(error!.Message, Does.Contain("NOREPLICAS"), "the server's own reason, each time");
            return pings.IsCompleted;
        });

        await pings;
        Assert.That(layer.Links.Select(link => (link.IsConnected, link.Reconnects)), Is.All.EqualTo((true, 0)));
        Assert.That(log.Lines.Count(line => line.Text.Contains("refuses", StringComparison.Ordinal)), Is.EqualTo(2), "once per episode");
        await server.CommandAsync("CONFIG", "SET", "min-replicas-to-write", "0");
        await UntilHeardAsync(layer, late);
    }

    [TestCase(false)]
    [TestCase(true)]
    [Proves("FC-7")]
    public async Task A_subscription_that_is_refused_costs_no_other_one_and_is_made_when_it_is_allowed(bool sharded)
    {
        using var log = new LogRecorder();
        var server = await StartServerAsync();
        void Configure(RedisLayerOptions options) => (options.PingInterval, options.ShardedPubSub) = (TimeSpan.FromSeconds(5), sharded);
        var options = RedisOptions.For(server);
        Configure(options);
        var (layer, peer) = (Own(new RedisPubSubLayer(options: options, logger: log.CreateLogger<RedisPubSubLayer>())), MakePubSub(server.Address, Configure));
        await server.CommandAsync("ACL", "SETUSER", "default", "resetchannels", "&*allowed*");
        await using var member = await OpenMemberAsync(layer, "allowed");
        await layer.GroupAddAsync("denied", member.Name);
        await server.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub"); // all of them are made again, over one connection
        await Eventually.Is(() => Subscriptions().Reconnects > 0);
        var refusals = await server.CallsAsync(sharded ? "ssubscribe" : "subscribe", "rejected_calls");
        await Eventually.Is(async () => await server.CallsAsync(sharded ? "ssubscribe" : "subscribe", "rejected_calls") > refusals + 1); // tried again
        await UntilHeardAsync(peer, member, "allowed");
        Assert.That(log.Lines.Where(line => line.Id == 5006).Select(line => line.Text), Is.EqualTo([log.Lines.First(line => line.Id == 5006).Text]), "once per episode");
        Assert.That(log.Lines.First(line => line.Id == 5006).Text, Does.Contain("refuses what the layer has to do there: NOPERM ").And.Match("for '[^']+'. It is tried again"));

        await server.CommandAsync("ACL", "SETUSER", "default", "allchannels");
        await UntilHeardAsync(peer, member, "denied");
        await UntilHeardDirectlyAsync(peer, member);
        Assert.That((Subscriptions().IsConnected, Subscriptions().Reconnects), Is.EqualTo((true, 1)), "it was cut once");

        RedisLinkHealth Subscriptions() => layer.Links.Single(link => link.Purpose == "subscriptions");
    }

    [Test]
    public async Task What_a_refused_subscription_has_missed_is_told_when_it_is_made()
    {
        using var log = new LogRecorder();
        var server = await StartServerAsync();
        await server.CommandAsync("ACL", "SETUSER", "default", "resetchannels");
        var options = RedisOptions.For(server);
        (options.PingInterval, options.OnReconnect) = (TimeSpan.FromSeconds(5), "layer.back");
        var layer = Own(new RedisPubSubLayer(options: options, logger: log.CreateLogger<RedisPubSubLayer>()));
        await using var member = await layer.NewChannelAsync();
        await layer.GroupAddAsync("denied", member.Name);
        await Eventually.Is(() => log.Lines.Any(line => line.Id == 5006));

        await server.CommandAsync("ACL", "SETUSER", "default", "allchannels");
        var told = member.ReceiveAsync().AsTask();
        Assert.That((await told.WaitAsync(Eventually.Patience)).Type, Is.EqualTo("layer.back"));
        Assert.That(layer.Links.Single(link => link.Purpose == "subscriptions").Reconnects, Is.Zero, "over the same connection");
    }

    [Test]
    public async Task A_user_that_may_not_ask_for_the_time_costs_no_connection()
    {
        var server = await StartServerAsync();
        await server.CommandAsync("ACL", "SETUSER", "default", "-time");
        var layer = MakeCore(server.Address);
        await using var member = await OpenMemberAsync(layer);
        var key = "asgi:process:" + WireNames.ProcessOf(ChannelNames.NonLocalPart(member.Name));
        await Eventually.Is(async () => await server.CommandAsync("EXISTS", key) == ":1\n"); // what comes behind the clock is done
        Assert.That(layer.Links.Select(link => (link.IsConnected, link.Reconnects)), Is.All.EqualTo((true, 0)));
    }

    [Test]
    public async Task What_keeps_the_work_behind_a_connection_from_being_done_is_reported_once_unless_the_connection_was_lost()
    {
        using var log = new LogRecord();
        var time = new ManualTimeProvider();
        var settings = new RedisLinkSettings("default", new(), time, log.CreateLogger("redis"));
        var refusal = new RedisRefusal(settings, "host:6379");
        using var lost = new CancellationTokenSource();
        var ending = refusal.WaitAsync(settings.Unavailable("the connection was lost."), lost.Token);
        await lost.CancelAsync();
        Assert.That(async () => await ending, Throws.InstanceOf<OperationCanceledException>());
        for (var i = 0; i < 3; i++)
        {
            var waiting = refusal.WaitAsync(settings.Unavailable("10 commands wait already."), CancellationToken.None);
            time.Advance(settings.Options.PingInterval);
            await waiting;
        }

        Assert.That(log.Lines.Single().Text, Does.Contain("host:6379").And.Contain("10 commands wait already"));
    }

    [Test]
    [Proves("REL-17", "FC-7")]
    public async Task A_connection_that_never_lasts_is_tried_at_longer_and_longer_intervals_and_reported_once()
    {
        using var log = new LogRecord();
        var server = await StartServerAsync();
        var options = new RedisLayerOptions { PingInterval = TimeSpan.FromMinutes(1), ConnectTimeout = Eventually.Patience };
        var settings = new RedisLinkSettings("default", options, TimeProvider.System, log.CreateLogger("redis"));
        var opened = 0;
        await using var link = new RedisLink(settings, RedisHostAddress.Parse(server.Address), RedisLinkRole.Commands, async (_, _) =>
        {
            Interlocked.Increment(ref opened);
            await Task.Yield();
            throw new IOException("fails at once");
        });
        await link.StartAsync();
        await Eventually.Is(() => Volatile.Read(ref opened) >= 4);
        Assert.That(log.Lines.Where(line => line.Level > LogLevel.Debug).Select(line => line.Id), Is.EqualTo([5001, 5002]), "connected once and lost once, as far as operators see");
    }
}
