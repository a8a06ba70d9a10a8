using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Specifications;

/// <summary>The contract of histories in memory.</summary>
[TestFixture]
public sealed class InMemoryHistorySpecification : GroupHistorySpecification
{
    protected override ValueTask AddLayerAsync(ChannelsBuilder builder) => ValueTask.CompletedTask; // it is there by itself

    private protected override Task<ServiceProvider> StartPeerAsync(ServiceProvider process, Action<HistoryOptions>? configure = null) => Task.FromResult(process);
}
