namespace Channels.Tests.Layers.Redis;

/// <summary>What strangers write into the keys of the core layout ends no reader and no send.</summary>
public sealed class CoreStrangerTests : RedisTestBase
{
    [TestCase("inf")]
    [TestCase("1e300")]
    public async Task A_score_that_is_no_time_hides_nothing_from_a_restored_server(string score)
    {
        var server = await StartServerAsync();
        using var drops = new DropCounter();
        var layer = MakeCore(server.Address, metrics: drops.Metrics);
        await using var inbox = await layer.NewChannelAsync();
        var key = "asgi" + inbox.Name[..(inbox.Name.IndexOf('!', StringComparison.Ordinal) + 1)];
        await server.CommandAsync("ZADD", key, score, "a stranger's");
        await layer.SendAsync(inbox.Name, Numbered(1));
        Assert.That(await NextNumberAsync(inbox), Is.EqualTo(1));
        await Support.Eventually.Is(() => drops["undecodable"] == 1);

        // What the stranger's score would have taken with it on a server that has been started again.
        await server.KillAsync();
        await server.RestartAsync();
        await SendWhenBackAsync(MakeCore(server.Address), inbox.Name, Numbered(2));
        Assert.That(await NextNumberAsync(inbox), Is.EqualTo(2));
        Assert.That(drops["outdated"], Is.Zero);
    }

    [TestCase("\u00ff\u00fe")]
    [TestCase("")]
    public async Task Bytes_that_are_no_name_in_a_group_are_counted_and_the_others_have_their_message(string member)
    {
        var server = await StartServerAsync();
        using var drops = new DropCounter();
        var layer = MakeCore(server.Address, metrics: drops.Metrics);
        await using var inbox = await OpenMemberAsync(layer);
        await server.CommandAsync("ZADD", "asgi:group:room", "9999999999", member);
        for (var i = 1; i <= 3; i++)
        {
            await layer.GroupSendAsync("room", Numbered(i));
            Assert.That(await NextNumberAsync(inbox), Is.EqualTo(i));
        }

        Assert.That(drops["undecodable"], Is.GreaterThanOrEqualTo(1));
        var inboxes = (await server.CommandAsync("KEYS", "asgi*")).Split('\n').Where(key => key.StartsWith("asgi", StringComparison.Ordinal) && !key.StartsWith("asgi:", StringComparison.Ordinal));
        Assert.That(inboxes, Is.Empty, "none for strangers, and the own one has been read");
    }
}
