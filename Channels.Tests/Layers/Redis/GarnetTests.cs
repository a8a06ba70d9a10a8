using Channels.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels.Tests.Layers.Redis;

/// <summary>What works on Garnet, and that the rest says so.</summary>
[Proves("FN-1")]
public sealed class GarnetTests : RedisTestBase
{
    private static RedisServer? _garnet; // of all tests of this class: it takes its time to start

    [OneTimeSetUp]
    public static async Task StartGarnetAsync() => _garnet = await RedisServer.StartGarnetAsync();

    [OneTimeTearDown]
    public static async Task StopGarnetAsync()
    {
        if (_garnet is not null) // the set-up may have skipped the tests
        {
            await _garnet.DisposeAsync();
        }
    }

    [Test]
    public async Task Groups_and_own_channels_work_on_both_layouts([Values("core", "pubsub")] string layout, [Values("resp2", "resp3")] string protocol)
    {
        const int count = 300;
        var (layer, peer) = (Make(layout, $"{_garnet!.Address},protocol={protocol}", options => options.Capacity = 10_000), Make(layout, $"{_garnet!.Address},protocol={protocol}", options => options.Capacity = 10_000));
        var group = $"room-{layout}-{protocol}";
        await using var member = await OpenMemberAsync(layer, group);
        await UntilHeardAsync(peer, member, group);
        for (var i = 0; i < count; i++)
        {
            await (i % 2 == 0 ? peer.GroupSendAsync(group, Numbered(i)) : peer.SendAsync(member.Name, Numbered(i)));
        }

        for (var i = 0; i < count; i++)
        {
            Assert.That(await NextNumberAsync(member), Is.EqualTo(i));
        }

        await layer.GroupDiscardAsync(group, member.Name);
        await peer.GroupSendAsync(group, Numbered(count));
        await peer.SendAsync(member.Name, Numbered(count + 1));
        Assert.That(await NextNumberAsync(member), Is.EqualTo(count + 1));
    }

    [Test]
    public void Shard_channels_stop_the_start_outside_of_a_cluster()
    {
        var error = Assert.ThrowsAsync<InvalidOperationException>(() => MakePubSub(_garnet!.Address, options => options.ShardedPubSub = true).StartAsync());
        Assert.That(error!.Message, Does.Contain("ShardedPubSub"));
    }

    [Test]
    public void Jobs_are_refused_with_the_reason()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddChannels().AddRedisLayer(configure: options =>
        {
            RedisOptions.BePatient(options);
            options.Hosts.Add(_garnet!.Address);
        }).AddRedisJobs();
        using var host = builder.Build();
        var error = Assert.ThrowsAsync<InvalidOperationException>(async () => await host.Services.GetRequiredService<IJobQueue>().SendAsync("work", Numbered(1)));
        Assert.That(error!.Message, Does.Contain("Garnet").And.Contain("streams"));
    }
}
