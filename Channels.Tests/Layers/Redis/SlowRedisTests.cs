using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>A link to Redis that is slow: sends take longer or are refused, and nothing piles up (F-04).</summary>
public sealed class SlowRedisTests : RedisTestBase
{
    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("F-04")]
    public async Task Late_answers_slow_nobody_else_down_and_lose_nothing(string layout)
    {
        const int count = 800;
        var server = await StartServerAsync();
        var proxy = Own(new FaultProxy(server.Port));
        var layer = Make(layout, proxy.Address, options => (options.Capacity, options.CommandTimeout, options.PingInterval) = (1000, Eventually.Patience, Eventually.Patience));
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
        await layer.SendAsync(member.Name, Numbered(-1)); // the server knows the script now: what it must be sent anew may lose its place
        Assert.That(await NextNumberAsync(member), Is.EqualTo(-1));
        proxy.SlowDown(TimeSpan.FromMilliseconds(200));
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => layer.SendAsync(member.Name, Numbered(i)).AsTask())).WaitAsync(Eventually.Patience); // pipelined: one after another they would take almost three
        for (var i = 0; i < count; i++)
        {
            Assert.That(await NextNumberAsync(member), Is.EqualTo(i));
        }
    }

    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("F-04", "REL-22")]
    public async Task Over_a_narrow_link_sends_are_refused_instead_of_piling_up_again_and_again(string layout)
    {
        const int size = 512 * 1024;
        const int fit = 16;
        var server = await StartServerAsync();
        var proxy = Own(new FaultProxy(server.Port));
        var layer = Make(layout, proxy.Address, options =>
        {
            options.Capacity = 10_000;
            (options.MaxMessageBytes, options.MaxPendingBytes) = (2 * size, fit * (size + 1024));
            options.CommandTimeout = options.PingInterval = TimeSpan.FromSeconds(1); // what is given up are commands, and the connection when it is silent
        });
        await using var member = await OpenMemberAsync(layer);
        var large = new ChannelMessage("test.large", new() { ["b"] = new byte[size] });
        for (var round = 0; round < 3; round++)
        {
            await UntilHeardAsync(layer, member); // nothing of the round before counts any more
            proxy.SlowDown(TimeSpan.Zero, bytesPerSecond: 64 * 1024);
            var replaced = Reconnects(layer);
            var sends = Enumerable.Range(0, 50).Select(_ => FailAsync(layer, large)).ToArray();
            var atOnce = sends.Count(send => send is { IsCompleted: true, Result.OutcomeUnknown: false }); // of one that has waited in vain meanwhile the outcome is unknown
            var room = fit * (1 + Reconnects(layer) - replaced); // nothing waits on a connection that has replaced a silent one meanwhile
            Assert.That(atOnce, Is.GreaterThanOrEqualTo(50 - room - 1), "refused without waiting");
            var errors = await Task.WhenAll(sends).WaitAsync(Eventually.Patience); // the others are given up: over this link they would take more than two minutes
            Assert.That(errors.Select(error => error?.Message ?? ""), Has.Some.Contains("MaxPendingBytes"));
            proxy.SpeedUp();
        }

        await UntilHeardAsync(layer, member);
    }

    private static int Reconnects(IChannelLayer layer) => (layer is RedisCoreLayer core ? core.Links : ((RedisPubSubLayer)layer).Links).Sum(link => link.Reconnects);

    private static async Task<ChannelLayerUnavailableException?> FailAsync(IChannelLayer layer, ChannelMessage message)
    {
        try
        {
            await layer.SendAsync("large!x", message);
            return null;
        }
        catch (ChannelLayerUnavailableException error)
        {
            return error;
        }
    }
}
