using System.Globalization;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>Redis killed and started again with the data it had, or with older data (F-02).</summary>
public sealed class RestoredDataTests : RedisTestBase
{
    [Test]
    [Proves("F-02")]
    public async Task With_an_append_only_file_what_waited_is_delivered_and_what_is_too_old_is_not()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync("--appendonly", "yes");
        var layer = MakeCore(server.Address, metrics: drops.Metrics);
        await using var member = await OpenMemberAsync(layer);
        await layer.SendAsync("work", Numbered(1));
        var old = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 61).ToString(CultureInfo.InvariantCulture);
        await server.CommandAsync("ZADD", "asgiwork", old, "123456789012stale");
        await server.KillAsync();
        await server.RestartAsync();
        Assert.That(await server.CommandAsync("ZCARD", "asgiwork"), Is.EqualTo(":2\n"), "the file was read again");
        await UntilHeardAsync(layer, member);
        Assert.That(NumberOf(await NextAsync(layer, "work")), Is.EqualTo(1));
        Assert.That(drops["expired"], Is.EqualTo(1));
        await layer.SendAsync("work", Numbered(2));
        Assert.That(NumberOf(await NextAsync(layer, "work")), Is.EqualTo(2), "once");
    }

    [Test]
    [Proves("F-02")]
    public async Task Messages_that_a_snapshot_brings_back_are_not_delivered_again()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var proxy = Own(new FaultProxy(server.Port));
        var layer = MakeCore(proxy.Address, options => options.PingInterval = options.CommandTimeout = TimeSpan.FromSeconds(30), metrics: drops.Metrics);
        var outside = MakeCore(server.Address);
        await using var member = await OpenMemberAsync(layer);
        await outside.SendAsync(member.Name, Numbered(100));
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(100));
        proxy.Hold(); // the blocked pop is answered with the first message, the others wait in Redis
        for (var i = 0; i < 5; i++)
        {
            await outside.SendAsync(member.Name, Numbered(i));
        }

        for (var i = 0; i < 3; i++)
        {
            await outside.SendAsync("work", Numbered(i));
        }

        await server.CommandAsync("SAVE");
        proxy.Release();
        for (var i = 0; i < 5; i++)
        {
            Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(i));
        }

        for (var i = 0; i < 2; i++)
        {
            Assert.That(NumberOf(await NextAsync(layer, "work")), Is.EqualTo(i));
        }

        await server.KillAsync();
        await server.RestartAsync(); // reads the snapshot, in which nothing was taken yet
        Assert.That(NumberOf(await NextAsync(layer, "work")), Is.EqualTo(2), "what was not read yet is still there");
        await Eventually.Is(() => layer.Links.All(link => link.IsConnected) && outside.Links[0] is { IsConnected: true, Reconnects: > 0 }); // one that has not noticed yet would send into the dead connection
        await SendWhenBackAsync(outside, member.Name, Numbered(9));
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(9));
        Assert.That(drops["outdated"], Is.EqualTo(6).Or.EqualTo(7), "the first message may have been taken before the snapshot was made");
    }
}
