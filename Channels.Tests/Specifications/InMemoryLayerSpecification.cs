namespace Channels.Tests.Specifications;

/// <summary>The contract on the in-memory layer.</summary>
public sealed class InMemoryLayerSpecification : ChannelLayerSpecification
{
    protected override LayerCapabilities Capabilities =>
        LayerCapabilities.CompetingReaders | LayerCapabilities.Waits | LayerCapabilities.RefusesWhenFull | LayerCapabilities.InboxRefuses
        | LayerCapabilities.ExactExpiry | LayerCapabilities.SharedMembers | LayerCapabilities.ProcessParts | LayerCapabilities.ExactMembership;

    protected override ValueTask<IChannelLayer> CreateLayerAsync(LayerSetup setup) =>
        ValueTask.FromResult<IChannelLayer>(new InMemoryChannelLayer("default", setup.ApplyTo(new InMemoryLayerOptions()), setup.Time));
}
