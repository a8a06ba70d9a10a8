namespace Channels.Tests.Specifications;

/// <summary>The contract on the in-memory layer.</summary>
[LayerFixture(LayerCapabilities.CompetingReaders | LayerCapabilities.Members | LayerCapabilities.Waits | LayerCapabilities.RefusesWhenFull | LayerCapabilities.InboxRefuses
    | LayerCapabilities.ExactExpiry | LayerCapabilities.SharedMembers | LayerCapabilities.ProcessParts | LayerCapabilities.ExactMembership)]
public sealed class InMemoryLayerSpecification : ChannelLayerSpecification
{
    protected override ValueTask<IChannelLayer> CreateLayerAsync(LayerSetup setup) =>
        ValueTask.FromResult<IChannelLayer>(new InMemoryChannelLayer("default", setup.ApplyTo(new InMemoryLayerOptions()), setup.Time));
}
