using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels.Layers.Redis;

/// <summary>
/// Connects the Redis layers when the host starts. One whose server is away does not hold the start up for longer than
/// one attempt; one whose server cannot be used at all stops it, with the reason.
/// </summary>
internal sealed class RedisLayerStarter(ChannelLayerRegistrations registrations, IServiceProvider services) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.WhenAll(registrations.Aliases
        .Select(alias => services.GetKeyedService<IChannelLayer>(alias)).OfType<IRedisLayer>()
        .Select(layer => layer.StartAsync(cancellationToken)));

    // The container disposes the layers after all hosted services have stopped: consumers still leave their groups.
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
