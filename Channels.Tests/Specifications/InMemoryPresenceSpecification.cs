using Channels.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Specifications;

/// <summary>The contract of presence in memory.</summary>
[TestFixture]
public sealed class InMemoryPresenceSpecification : GroupPresenceSpecification
{
    protected override ValueTask AddLayerAsync(ChannelsBuilder builder) => ValueTask.CompletedTask; // it is there by itself

    private protected override Task<ServiceProvider> StartPeerAsync(ServiceProvider process) => Task.FromResult(process);

    [Test]
    public async Task Who_does_not_come_back_leaves_when_the_grace_is_over()
    {
        var time = new ManualTimeProvider();
        var presence = PresenceOf(await StartProcessAsync());
        await using var grace = new PresenceGrace(presence, TimeSpan.FromSeconds(2), time);
        await presence.TrackAsync("room", "specific.a", "a");
        await presence.TrackAsync("room", "specific.b", "b");
        await grace.LeaveAsync("room", "specific.a");
        time.Advance(TimeSpan.FromSeconds(1));
        await grace.LeaveAsync("room", "specific.b");
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await presence.ListAsync("room")).Entries.Select(entry => entry.Key), Is.EqualTo(new[] { "b" }));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await presence.ListAsync("room")).Entries, Is.Empty);
        Assert.That(time.ActiveTimers, Is.Zero);
    }

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
