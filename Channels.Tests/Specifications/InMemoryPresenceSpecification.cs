using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Specifications;

/// <summary>The contract of presence in memory.</summary>
[TestFixture]
public sealed class InMemoryPresenceSpecification : GroupPresenceSpecification
{
    protected override ValueTask AddLayerAsync(ChannelsBuilder builder) => ValueTask.CompletedTask; // it is there by itself

    private protected override Task<ServiceProvider> StartPeerAsync(ServiceProvider process) => Task.FromResult(process);

    [Test]
    public async Task Groups_without_anybody_are_forgotten()
    {
        var presence = (InMemoryPresence)PresenceOf(await StartProcessAsync());
        await presence.TrackAsync("room", "specific.a", "a");
        await presence.ListAsync("empty");
        Assert.That(presence.GroupCount, Is.EqualTo(1));
        await presence.UntrackAsync("room", "specific.a");
        Assert.That(presence.GroupCount, Is.Zero);
    }
}
