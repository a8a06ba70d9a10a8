using System.Globalization;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>What a process remembers of a group it sends to is never what decides who gets a message.</summary>
public sealed class CoreGroupViewTests : RedisTestBase
{
    private static readonly string[] Odd = ["\u00ff", "a b", ""];

    [Test]
    public async Task Sends_to_a_group_that_has_not_changed_are_one_script_each()
    {
        var server = await StartServerAsync();
        var layer = MakePatient(server);
        await using var member = await OpenMemberAsync(layer);
        await SendAndReceiveAsync(layer, 0, member);
        await SendAndReceiveAsync(layer, 1, member); // the server learns the script
        await Eventually.Is(async () =>
        {
            var before = await ScriptsAsync(server);
            for (var i = 2; i < 12; i++)
            {
                await SendAndReceiveAsync(layer, i, member);
            }

            return await ScriptsAsync(server) - before == 10; // once the layer, which has just begun, has written its memberships: that is a script too
        });
    }

    [Test]
    public async Task Members_that_come_and_go_elsewhere_are_heeded_by_the_next_send()
    {
        var server = await StartServerAsync();
        var (layer, peer) = (MakePatient(server), MakePatient(server));
        await using var member = await OpenMemberAsync(layer);
        await SendAndReceiveAsync(layer, 0, member);
        await using var other = await OpenMemberAsync(peer);
        await SendAndReceiveAsync(layer, 1, member, other);
        await SendAndReceiveAsync(layer, 2, member, other);
        await peer.GroupDiscardAsync("room", other.Name);
        await SendAndReceiveAsync(layer, 3, member);
        await peer.SendAsync(other.Name, Numbered(4));
        Assert.That(NumberOf(await NextAsync(other)), Is.EqualTo(4), "what was sent to the group after its leaving did not reach it");
    }

    [Test]
    public async Task A_member_whose_membership_has_expired_meanwhile_gets_nothing_more()
    {
        var server = await StartServerAsync();
        var layer = MakePatient(server, options => options.GroupExpiry = TimeSpan.FromSeconds(100));
        await layer.GroupAddAsync("room", "fresh");
        await layer.GroupAddAsync("room", "stale");
        await layer.GroupSendAsync("room", Numbered(1));
        var old = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 101).ToString(CultureInfo.InvariantCulture);
        await server.CommandAsync("ZADD", "asgi:group:room", old, "stale");
        await layer.GroupSendAsync("room", Numbered(2));
        Assert.That(await server.CommandAsync("ZCARD", "asgistale"), Is.EqualTo(":1\n"));
        Assert.That(await server.CommandAsync("ZCARD", "asgifresh"), Is.EqualTo(":2\n"));
        Assert.That(await server.CommandAsync("ZRANGE", "asgi:group:room", "0", "-1"), Is.EqualTo("*1\n$5\nfresh\n"));
    }

    [Test]
    public async Task Channels_that_a_message_names_skip_it_in_a_known_group_too()
    {
        var server = await StartServerAsync();
        var layer = MakePatient(server);
        await using var member = await OpenMemberAsync(layer);
        await using var other = await OpenMemberAsync(layer);
        await SendAndReceiveAsync(layer, 0, member, other);
        await layer.GroupSendAsync("room", Numbered(1) with { Except = [other.Name] });
        await layer.GroupSendAsync("room", Numbered(2) with { Except = [other.Name, member.Name] });
        await layer.GroupSendAsync("room", Numbered(3));
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(1));
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(3));
        Assert.That(NumberOf(await NextAsync(other)), Is.EqualTo(3));
    }

    [Test]
    public async Task Odd_members_that_others_stored_are_met_again_at_each_send()
    {
        var server = await StartServerAsync();
        var layer = MakePatient(server);
        await using var member = await OpenMemberAsync(layer);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        foreach (var odd in Odd)
        {
            await server.CommandAsync("ZADD", "asgi:group:room", now, odd);
        }

        for (var i = 0; i < 3; i++)
        {
            await SendAndReceiveAsync(layer, i, member);
        }
    }

    [Test]
    [Proves("F-09")]
    public async Task A_full_redis_refuses_messages_for_a_known_group_with_members_that_have_expired()
    {
        var server = await StartServerAsync();
        var layer = MakePatient(server, options => options.GroupExpiry = TimeSpan.FromSeconds(100));
        await layer.GroupAddAsync("room", "fresh");
        await layer.GroupSendAsync("room", Numbered(1));
        var old = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 101).ToString(CultureInfo.InvariantCulture);
        await server.CommandAsync("ZADD", "asgi:group:room", old, "stale");
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "1");
        Assert.That(async () => await layer.GroupSendAsync("room", Numbered(2)), Throws.InstanceOf<ChannelLayerUnavailableException>().With.Message.Contains("OOM"));
        Assert.That(await server.CommandAsync("ZCARD", "asgifresh"), Is.EqualTo(":1\n"));
    }

    [Test]
    public async Task A_process_that_sends_to_ever_new_groups_forgets_old_ones_and_reaches_all()
    {
        var server = await StartServerAsync();
        var layer = MakePatient(server, options => options.Capacity = 10_000);
        await using var member = await layer.NewChannelAsync();
        for (var i = 0; i < 5; i++)
        {
            var group = $"room{i}";
            await layer.GroupAddAsync(group, member.Name);
            for (var from = 0; from < 6_000; from += 1_000)
            {
                // Written at once: one by one would take the test's time.
                await server.CommandAsync("EVAL", $"for i = {from}, {from + 999} do redis.call('ZADD', 'asgi:group:{group}', {DateTimeOffset.UtcNow.ToUnixTimeSeconds()}, 'p!' .. i) end", "0");
            }

            await layer.GroupSendAsync(group, Numbered(i));
            await layer.GroupSendAsync(group, Numbered(10 + i));
            Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(i));
            Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(10 + i));
        }
    }

    [Test]
    public async Task Sends_to_a_huge_group_do_not_make_those_to_others_dearer()
    {
        var server = await StartServerAsync();
        var layer = MakePatient(server);
        await using var member = await OpenMemberAsync(layer);
        await server.CommandAsync("EVAL", $"for i = 0, 20000 do redis.call('ZADD', 'asgi:group:huge', {DateTimeOffset.UtcNow.ToUnixTimeSeconds()}, 'p!' .. i) end", "0");
        await SendAndReceiveAsync(layer, 0, member);
        await layer.GroupSendAsync("huge", Numbered(1));
        await SendAndReceiveAsync(layer, 2, member);
        await Eventually.Is(async () =>
        {
            var before = await ScriptsAsync(server);
            await layer.GroupSendAsync("huge", Numbered(3));
            await SendAndReceiveAsync(layer, 4, member);
            return await ScriptsAsync(server) - before == 2 + 1; // as above
        });
    }

    private RedisCoreLayer MakePatient(RedisServer server, Action<RedisLayerOptions>? configure = null) => MakeCore(server.Address, options =>
    {
        RedisOptions.BePatient(options);
        configure?.Invoke(options);
    });

    private static async Task SendAndReceiveAsync(IChannelLayer layer, int number, params ChannelInbox[] members)
    {
        await layer.GroupSendAsync("room", Numbered(number));
        foreach (var member in members)
        {
            Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(number));
        }
    }

    private static async Task<long> ScriptsAsync(RedisServer server) =>
        (await server.CommandAsync("INFO", "commandstats")).Split('\n')
            .Where(line => line.StartsWith("cmdstat_eval", StringComparison.Ordinal)) // by hash or by text
            .Sum(line => long.Parse(line.Split('=', ',')[1], CultureInfo.InvariantCulture));
}
