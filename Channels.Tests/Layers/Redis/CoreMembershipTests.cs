using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>Memberships of the core layout when Redis forgets them or is far away.</summary>
public sealed class CoreMembershipTests : RedisTestBase
{
    [Test]
    [Proves("R-CORE-58", "REL-24", "FC-9")]
    public async Task A_send_notices_at_once_that_redis_lost_its_groups_and_what_went_astray_is_counted()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        void Configure(RedisLayerOptions options) => options.PingInterval = TimeSpan.FromMinutes(2); // by itself the layer would look again when the test is long over
        var layer = MakeCore(server.Address, Configure, metrics: drops.Metrics);
        var peer = MakeCore(server.Address, Configure);
        await using var member = await OpenMemberAsync(layer);
        await using var theirs = await OpenMemberAsync(peer);
        await UntilHeardAsync(layer, member);
        await server.CommandAsync("FLUSHALL");
        await UntilHeardAsync(layer, member);
        await Eventually.Is(() => drops["forgotten"] >= 1); // counted when all is written again
        await UntilHeardAsync(peer, theirs); // the group is there again, but without their member: they notice by that
    }

    [Test]
    public async Task A_member_that_another_process_has_discarded_is_no_loss_and_stays_out()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        static void Configure(RedisLayerOptions options) => options.PingInterval = TimeSpan.FromSeconds(5); // and a machine may stall for so long
        var layer = MakeCore(server.Address, Configure, metrics: drops.Metrics);
        var peer = MakeCore(server.Address, Configure);
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
        long replaced;
        string left;
        do
        {
            replaced = layer.Links.Sum(link => link.Reconnects);
            await peer.GroupDiscardAsync("room", member.Name);
            var renewals = await RenewalsAsync(server);
            await layer.GroupSendAsync("room", Numbered(1)); // finds none of its own members
            await Eventually.Is(async () => await RenewalsAsync(server) >= renewals + 3);
            left = await server.CommandAsync("ZCARD", "asgi:group:room");
        }
        while (layer.Links.Sum(link => link.Reconnects) != replaced); // which writes memberships again: on a machine that was too busy to answer in time
        Assert.That(left, Is.EqualTo(":0\n"));
        Assert.That(drops["forgotten"], Is.Zero);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_member_that_is_discarded_as_soon_as_it_has_joined_over_a_new_connection_stays_out(bool isAnotherServer)
    {
        var server = await StartServerAsync();
        var proxy = Own(new FaultProxy(server.Port));
        var layer = MakeCore(proxy.Address, options => options.PingInterval = TimeSpan.FromSeconds(5));
        proxy.SlowDown(TimeSpan.FromMilliseconds(50)); // the layer's first look at the server takes several round trips, a join one
        await layer.StartAsync();
        if (isAnotherServer)
        {
            await server.KillAsync();
            await Eventually.Is(() => layer.Links.All(link => !link.IsConnected));
            await server.RestartAsync();
            await Eventually.Is(() => layer.Links.All(link => link.IsConnected));
        }

        await using var member = await OpenMemberAsync(layer);
        Assert.That(await server.CommandAsync("ZREM", "asgi:group:room", member.Name), Is.EqualTo(":1\n")); // as another process does
        var renewals = await RenewalsAsync(server);
        await Eventually.Is(async () =>
        {
            await layer.GroupSendAsync("room", Numbered(1)); // finds none of its own members, so the layer looks again
            return await RenewalsAsync(server) >= renewals + 3;
        });
        Assert.That(await server.CommandAsync("ZCARD", "asgi:group:room"), Is.EqualTo(":0\n"));
    }

    [TestCase(64 * 1024 * 1024)]
    [TestCase(65_536)] // fewer memberships at a time, not an attempt that is refused again and again
    [Proves("FC-8")]
    public async Task Thousands_of_groups_are_written_again_in_a_few_round_trips(int maxBytes)
    {
        const int groups = 2000;
        var server = await StartServerAsync();
        var proxy = Own(new FaultProxy(server.Port));
        var layer = MakeCore(proxy.Address, options =>
        {
            options.CommandTimeout = options.PingInterval = TimeSpan.FromMinutes(2);
            (options.MaxMessageBytes, options.MaxPendingBytes) = (Math.Min(options.MaxMessageBytes, maxBytes), maxBytes);
        });
        await using var member = await layer.NewChannelAsync();
        foreach (var some in Enumerable.Range(0, groups).Chunk(200))
        {
            await Task.WhenAll(some.Select(i => layer.GroupAddAsync($"room{i}", member.Name).AsTask()));
        }

        proxy.SlowDown(TimeSpan.FromMilliseconds(100)); // one round trip each would be more than three minutes
        await server.CommandAsync("FLUSHALL");
        await layer.GroupSendAsync("room0", Numbered(0)); // notices
        await Eventually.Is(async () => (await server.CommandAsync("EVAL", "return #redis.call('KEYS', 'asgi:group:*')", "0")) == $":{groups}\n");
        proxy.SpeedUp();
        await UntilHeardAsync(layer, member, "room1999");
    }

    [Test]
    [Proves("FC-11")]
    public async Task A_batch_that_was_popped_while_the_connection_failed_is_counted()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var proxy = Own(new FaultProxy(server.Port));
        var layer = MakeCore(proxy.Address, options => options.PingInterval = TimeSpan.FromMinutes(1), metrics: drops.Metrics);
        var sender = MakeCore(server.Address);
        await using var member = await layer.NewChannelAsync();
        await Eventually.Is(async () => (await server.CommandAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal));
        proxy.CutAt("ZPOPMIN"); // after one message, a batch
        await sender.SendAsync(member.Name, Numbered(1));
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(1));
        await Eventually.Is(() => drops["popped"] == 1);
        await sender.SendAsync(member.Name, Numbered(2));
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(2));
    }

    // How often processes have renewed their keys: once for each look.
    private static Task<long> RenewalsAsync(RedisServer server) => server.CallsAsync("set");
}
