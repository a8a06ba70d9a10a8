using System.Globalization;
using Channels.Layers.Redis;
using Channels.Testing;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Layers.Redis;

/// <summary>The key that each process of the core layout keeps while it lives, and what others make of its absence.</summary>
public sealed class ProcessKeyTests : RedisTestBase
{
    [Test]
    [Proves("FN-11")]
    public async Task Members_of_a_process_that_died_are_removed_and_nobody_is_called_slow()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, HoldTwo, metrics: drops.Metrics);
        await layer.GroupAddAsync("room", $"specific.{WireNames.NewProcessId()}!a");
        await SendAsync(layer, "room", 4);
        await Eventually.Is(async () => await server.CommandAsync("ZCARD", "asgi:group:room") == ":0\n");
        Assert.That(drops["capacity"], Is.Zero);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_full_inbox_of_a_process_that_lives_or_of_pythons_is_too_slow_as_ever(bool isPythons)
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, HoldTwo, metrics: drops.Metrics);
        var id = isPythons ? Guid.NewGuid().ToString("N") : WireNames.NewProcessId();
        if (!isPythons)
        {
            await server.CommandAsync("SET", "asgi:process:" + id, "1");
        }

        await layer.GroupAddAsync("room", $"specific.{id}!a");
        await SendAsync(layer, "room", 4);
        await Eventually.Is(() => drops["capacity"] == 2);
        Assert.That(await server.CommandAsync("ZCARD", "asgi:group:room"), Is.EqualTo(":1\n"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task With_several_hosts_the_one_of_the_group_knows_whether_a_process_lives(bool lives)
    {
        using var drops = new DropCounter();
        RedisServer[] servers = [await StartServerAsync(), await StartServerAsync()];
        var layer = MakeCore(servers[0].Address, options =>
        {
            options.Hosts.Add(servers[1].Address);
            HoldTwo(options);
        }, metrics: drops.Metrics);
        var id = WireNames.NewProcessId();
        var inboxHost = ShardRing.IndexOf($"specific.{id}!", 2);
        var group = Enumerable.Range(0, 100).Select(i => $"room{i}").First(name => ShardRing.IndexOf(name, 2) != inboxHost);
        await servers[lives ? 1 - inboxHost : inboxHost].CommandAsync("SET", "asgi:process:" + id, "1"); // the two were apart, or one lost its data
        await layer.GroupAddAsync(group, $"specific.{id}!a");
        await SendAsync(layer, group, 4);
        var groupHost = servers[1 - inboxHost];
        await Eventually.Is(async () => drops["capacity"] == (lives ? 2 : 0) && await groupHost.CommandAsync("ZCARD", "asgi:group:" + group) == (lives ? ":1\n" : ":0\n"));
    }

    [Test]
    public async Task Whether_a_slow_process_lives_is_asked_once_a_second_and_not_for_every_message()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var time = new ManualTimeProvider();
        var layer = MakeCore(server.Address, HoldTwo, time, drops.Metrics);
        var id = WireNames.NewProcessId();
        await server.CommandAsync("SET", "asgi:process:" + id, "1");
        await layer.GroupAddAsync("room", $"specific.{id}!a");
        await SendAsync(layer, "room", 22);
        await Eventually.Is(() => drops["capacity"] == 20);
        Assert.That(await CallsAsync(server, "exists"), Is.EqualTo(1));
        time.Advance(TimeSpan.FromSeconds(1));
        await SendAsync(layer, "room", 1);
        await Eventually.Is(() => drops["capacity"] == 21);
        Assert.That(await CallsAsync(server, "exists"), Is.EqualTo(2));
    }

    [Test]
    public async Task The_key_of_a_process_ends_soon_after_it_and_is_prolonged_until_then()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options => options.PingInterval = TimeSpan.FromSeconds(1)); // which makes it 18 s
        await using var member = await OpenMemberAsync(layer);
        var key = KeyOf(member);
        await Eventually.Is(async () => await LifeAsync(server, key) > 0);
        Assert.That(await LifeAsync(server, key), Is.LessThanOrEqualTo(18));
        await server.CommandAsync("EXPIRE", key, "5");
        await Eventually.Is(async () => await LifeAsync(server, key) > 5);
    }

    [Test]
    public async Task Memberships_are_written_again_also_when_it_remained_unknown_whether_the_key_was()
    {
        using var log = new LogRecorder();
        var server = await StartServerAsync();
        var options = new RedisLayerOptions { PingInterval = TimeSpan.FromSeconds(1) };
        options.Hosts.Add(server.Address);
        var layer = Own(new RedisCoreLayer(options: options, logger: log.CreateLogger<RedisCoreLayer>()));
        await using var member = await OpenMemberAsync(layer);
        await Eventually.Is(async () => await LifeAsync(server, KeyOf(member)) > 0);
        await server.CommandAsync("ACL", "SETUSER", "default", "-setex"); // what writes the key; what prolongs it is another command
        await server.CommandAsync("FLUSHALL");
        await Eventually.Is(() => log.Lines.Any(line => line.Text.Contains("refuses", StringComparison.Ordinal)));
        await server.CommandAsync("SET", KeyOf(member), "1"); // as if it had been carried out, and its answer lost
        await server.CommandAsync("ACL", "SETUSER", "default", "+setex");
        await UntilHeardAsync(layer, member);
    }

    private static void HoldTwo(RedisLayerOptions options)
    {
        RedisOptions.BePatient(options);
        options.Capacity = 2;
    }

    private static async Task SendAsync(RedisCoreLayer layer, string group, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await layer.GroupSendAsync(group, Numbered(i));
        }
    }

    private static string KeyOf(ChannelInbox member) => "asgi:process:" + WireNames.ProcessOf(ChannelNames.NonLocalPart(member.Name));

    private static async Task<long> LifeAsync(RedisServer server, string key) =>
        long.Parse((await server.CommandAsync("TTL", key)).AsSpan(1), CultureInfo.InvariantCulture);

    private static async Task<long> CallsAsync(RedisServer server, string command)
    {
        var line = (await server.CommandAsync("INFO", "commandstats")).Split('\n').FirstOrDefault(line => line.StartsWith($"cmdstat_{command}:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split('=', ',')[1], CultureInfo.InvariantCulture);
    }
}
