using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Layers;

[TestFixture, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class InMemorySmokeTests
{
    [Test]
    public async Task Group_direct_and_shared_channels_work()
    {
        await using var services = new ServiceCollection().AddChannels().Services.BuildServiceProvider();
        var layer = services.GetRequiredService<IChannelLayer>();
        await using var inbox = await layer.OpenChannelAsync();
        await layer.GroupAddAsync("g", inbox.Name);
        await layer.GroupAddAsync("g", "worker");
        var waiting = layer.ReceiveAsync("worker");
        await layer.GroupSendAsync("g", new ChannelMessage("a"));
        Assert.That((await inbox.ReceiveAsync()).Type, Is.EqualTo("a"));
        Assert.That((await waiting).Type, Is.EqualTo("a"));
        await layer.SendAsync(inbox.Name, new ChannelMessage("b"));
        Assert.That((await inbox.ReceiveAsync()).Type, Is.EqualTo("b"));
        await inbox.DisposeAsync();
        await layer.GroupDiscardAsync("g", "worker");
        Assert.That(((InMemoryChannelLayer)layer).GroupCount, Is.Zero);
        Assert.That(((InMemoryChannelLayer)layer).QueueCount, Is.Zero);
    }
}
