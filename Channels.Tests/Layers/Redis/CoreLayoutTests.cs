using System.Globalization;
using System.Text;
using System.Text.Json;
using Channels.Layers.Redis;
using Channels.Tests.Interop;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>What the core layout leaves in Redis and takes from it.</summary>
public sealed class CoreLayoutTests : RedisTestBase
{
    [Test]
    [Proves("R-CORE-10", "R-CORE-13", "R-CORE-22", "R-CORE-50")]
    public async Task Keys_entries_and_times_to_live_are_Pythons()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options => (options.Expiry, options.GroupExpiry, options.Prefix) = (TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(7200), "my:"));
        await layer.SendAsync("work", new ChannelMessage("x"));
        await layer.SendAsync("specific.00!11", new ChannelMessage("x"));
        await layer.GroupAddAsync("chat", "specific.00!11");
        Assert.That(await server.SecondsToLiveAsync("my:work"), Is.InRange(61L, 90L), "more than by default: a busy machine may ask late");
        Assert.That(await server.SecondsToLiveAsync("my:specific.00!"), Is.InRange(61L, 90L));
        Assert.That(await server.SecondsToLiveAsync("my::group:chat"), Is.InRange(7_000L, 7_200L));
        Assert.That(await server.CommandAsync("ZRANGE", "my::group:chat", "0", "-1"), Does.Contain("specific.00!11"));
        Assert.That(await server.CommandAsync("ZRANGE", "my:specific.00!", "0", "-1"), Does.Contain("__asgi_channel__").And.Contain("specific.00!11"));
        Assert.That(await server.CommandAsync("ZRANGE", "my:work", "0", "-1"), Does.Not.Contain("__asgi_channel__"));
    }

    [Test]
    [Proves("R-CORE-17", "R-CORE-49", "SEC-55")]
    public async Task Poison_is_counted_and_the_next_message_arrives()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, metrics: drops.Metrics);
        await using var inbox = await layer.NewChannelAsync();
        var key = "asgi" + ChannelNames.NonLocalPart(inbox.Name);
        var poison = WireVectors.Cases("msgpack_reject").Concat(WireVectors.Cases("msgpack_extension")).Select(test => ((JsonElement)test.Arguments[0]!).Bytes("hex")).ToList();
        poison.Add(Convert.FromHexString("81a474797065a178")); // well formed, but without a receiver (R-CORE-17)
        poison.Add(Convert.FromHexString("81a161a178")); // without a type
        foreach (var body in poison)
        {
            var score = (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0).ToString(CultureInfo.InvariantCulture);
            await server.CommandAsync("ZADD", key, score, "123456789012" + Encoding.Latin1.GetString(body));
        }

        await server.CommandAsync("ZADD", key, "9999999999", "short");
        await layer.SendAsync(inbox.Name, Numbered(7));
        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(7));
        await Eventually.Is(() => drops["undecodable"] == poison.Count + 1);
    }

    [Test]
    [Proves("R-CORE-49")]
    public async Task Something_else_in_the_place_of_the_inbox_is_removed_and_receiving_goes_on()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, metrics: drops.Metrics);
        await using var inbox = await layer.NewChannelAsync();
        var key = "asgi" + ChannelNames.NonLocalPart(inbox.Name);
        await server.CommandAsync("SET", key, "not a sorted set");
        await using var other = await layer.NewChannelAsync("other"); // begins another pop
        await Eventually.Is(() => drops["undecodable"] == 1);
        await Eventually.Is(async () => await server.CommandAsync("EXISTS", key) == ":0\n");
        await layer.SendAsync(inbox.Name, Numbered(1));
        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(1));
        Assert.That(layer.Links, Has.All.Property(nameof(RedisLinkHealth.Reconnects)).Zero);
    }

    [Test]
    [Proves("R-CORE-47")]
    public async Task Stale_messages_are_dropped_and_counted()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, metrics: drops.Metrics);
        await using var inbox = await layer.NewChannelAsync();
        var old = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 61).ToString(CultureInfo.InvariantCulture);
        await server.CommandAsync("ZADD", "asgi" + ChannelNames.NonLocalPart(inbox.Name), old, "123456789012anything");
        await Eventually.Is(() => drops["expired"] == 1);
        await layer.SendAsync(inbox.Name, Numbered(1));
        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(1));
    }

    [Test]
    [Proves("R-CORE-16", "R-CORE-48")]
    public async Task Both_forms_of_the_address_work_and_unknown_receivers_are_dropped()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, metrics: drops.Metrics);
        await using var inbox = await layer.NewChannelAsync();
        var sender = MakeCore(server.Address);
        await sender.SendAsync(ChannelNames.NonLocalPart(inbox.Name) + "gone", Numbered(0));
        await Eventually.Is(() => drops["closed"] == 1);
        await sender.GroupAddAsync("room", inbox.Name);
        await sender.GroupSendAsync("room", Numbered(1));
        await sender.SendAsync(inbox.Name, Numbered(2));
        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(1));
        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(2));
    }

    [Test]
    [Proves("R-CORE-18")]
    public async Task One_decoded_instance_serves_all_members_of_a_process()
    {
        var layer = MakeCore((await StartServerAsync()).Address);
        await using var first = await OpenMemberAsync(layer);
        await using var second = await OpenMemberAsync(layer);
        await layer.GroupSendAsync("room", Numbered(1));
        Assert.That(await NextAsync(first), Is.SameAs(await NextAsync(second)), "encoded once for all sockets (design decision 5)");
    }

    [Test]
    [Proves("R-CORE-54", "R-CORE-56")]
    public async Task A_group_send_purges_and_skips_full_inboxes_where_they_are()
    {
        using var drops = new DropCounter();
        var (one, two) = (await StartServerAsync(), await StartServerAsync());
        var layer = MakeCore(one.Address, options =>
        {
            options.Hosts.Add(two.Address);
            options.Capacity = 2;
        }, metrics: drops.Metrics);
        var members = Enumerable.Range(0, 8).Select(i => $"p{i}!x").ToArray();
        foreach (var member in members)
        {
            await layer.GroupAddAsync("room", member);
        }

        for (var i = 0; i < 3; i++)
        {
            await layer.GroupSendAsync("room", Numbered(i));
        }

        Assert.That(drops["capacity"], Is.EqualTo(8));
        foreach (var member in members)
        {
            var part = ChannelNames.NonLocalPart(member);
            var (home, other) = ShardRing.IndexOf(part, 2) == 0 ? (one, two) : (two, one);
            Assert.That(await home.CommandAsync("ZCARD", "asgi" + part), Is.EqualTo(":2\n"));
            Assert.That(await other.CommandAsync("ZCARD", "asgi" + part), Is.EqualTo(":0\n"));

            // Old messages must not count: make them old, and the next one fits.
            foreach (var stale in new[] { "1", "2" })
            {
                await home.CommandAsync("EVAL", "for _, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], ARGV[1], m) end return 1", "1", "asgi" + part, stale);
            }
        }

        await layer.GroupSendAsync("room", Numbered(9));
        Assert.That(drops["capacity"], Is.EqualTo(8));
    }

    [Test]
    [Proves("R-CORE-58")]
    public async Task A_refresh_prolongs_memberships_but_undoes_nobodys_discard()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options => (options.GroupExpiry, options.PingInterval) = (TimeSpan.FromSeconds(16), TimeSpan.FromSeconds(5))); // a refresh at each ping interval, and eleven seconds for one that a busy machine holds up
        await using var stays = await OpenMemberAsync(layer);
        await using var discarded = await OpenMemberAsync(layer);
        var joined = await server.CommandAsync("ZSCORE", "asgi:group:room", stays.Name);
        await MakeCore(server.Address).GroupDiscardAsync("room", discarded.Name);
        await Eventually.Is(async () => await server.CommandAsync("ZSCORE", "asgi:group:room", stays.Name) != joined);
        Assert.That(await server.CommandAsync("ZCARD", "asgi:group:room"), Is.EqualTo(":1\n"));
        await Eventually.Is(async () => await server.CommandAsync("TTL", "asgi:group:room") is ":16\n" or ":15\n"); // each refresh prolongs it
    }

    [Test]
    [Proves("R-CORE-70", "R-CORE-71")]
    public async Task Flush_deletes_this_layouts_keys_and_no_others()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options => options.Prefix = "a[0-9]b");
        await layer.SendAsync("work", Numbered(1));
        await layer.GroupAddAsync("room", "work");
        string[] foreign = ["a1b", "a1bwork", "other", "a[0-9]b:mine:x", "a[0-9]b with spaces"];
        foreach (var key in foreign)
        {
            await server.CommandAsync("SET", key, "1");
        }

        await layer.FlushAsync();
        Assert.That(await server.CommandAsync(["EXISTS", .. foreign]), Is.EqualTo($":{foreign.Length}\n"));
        Assert.That(await server.CommandAsync("EXISTS", "a[0-9]bwork", "a[0-9]b:group:room"), Is.EqualTo(":0\n"));
    }

    [Test]
    [Proves("R-NEW-05")]
    public async Task Disposing_leaves_groups_and_removes_the_own_keys()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address);
        var inbox = await OpenMemberAsync(layer);
        await OpenMemberAsync(layer, "other");
        await layer.DisposeAsync();
        await inbox.DisposeAsync();
        Assert.That(await server.CommandAsync("KEYS", "*"), Is.EqualTo("*0\n"));
    }

    [Test]
    public async Task What_a_layer_is_about_to_write_again_is_not_written_after_it_has_left()
    {
        var server = await StartServerAsync();
        for (var i = 0; i < 100; i++)
        {
            var layer = MakeCore(server.Address);
            await Task.WhenAll(OpenMemberAsync(layer), OpenMemberAsync(layer, "other"));
            await server.CommandAsync("FLUSHALL");
            await layer.GroupSendAsync("room", Numbered(1)); // finds nobody: the layer looks what the server has lost
            await layer.DisposeAsync();
        }

        Assert.That(await server.CommandAsync("KEYS", "*"), Is.EqualTo("*0\n"));
    }

    [Test]
    [Proves("R-NEW-03")]
    public async Task Backup_sets_of_Python_readers_are_left_alone()
    {
        var server = await StartServerAsync();
        await server.CommandAsync("ZADD", "asgiwork$inflight", "1", "x");
        var layer = MakeCore(server.Address);
        await layer.SendAsync("work", Numbered(1));
        Assert.That(NumberOf(await NextAsync(layer, "work")), Is.EqualTo(1));
        Assert.That(await server.CommandAsync("ZCARD", "asgiwork$inflight"), Is.EqualTo(":1\n"));
    }

    [Test]
    [Proves("R-CORE-4A")]
    public async Task Connections_and_idle_traffic_do_not_grow_with_the_number_of_sockets()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options => options.PingInterval = TimeSpan.FromSeconds(0.5));
        var inboxes = new List<ChannelInbox>();
        for (var i = 0; i < 1000; i++)
        {
            inboxes.Add(await layer.NewChannelAsync());
        }

        await Eventually.Is(async () => (await server.CommandAsync("CLIENT", "LIST")).Split("\nid=").Length - 1 <= 4); // while one is made anew there may be more
        Assert.That(await IdleTraffic.CountWithinAsync(server, pings: 4), Is.LessThan(60), "a few for each connection, nothing per channel");
    }
}
