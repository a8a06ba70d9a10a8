using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// The application at the root of a host, with its life: made, prepared and told to start once, however many servers
/// and workers of the process serve it, and told to stop by the last of them. Thread-safe.
/// </summary>
/// <param name="root">The application; null when <paramref name="factory"/> makes it.</param>
/// <param name="factory">Makes the application from the host's services, once; null when <paramref name="root"/> is given.</param>
internal sealed class RootApplication(Application? root, Func<IServiceProvider, Application>? factory = null)
{
    private readonly Lock _lock = new();
    private Application? _root = root;
    private Task<LifespanRunner>? _lifespan;
    private int _users;

    /// <summary>The application.</summary>
    /// <param name="services">The host's services, for the factory.</param>
    /// <exception cref="InvalidOperationException">There is no application.</exception>
    public Application Get(IServiceProvider services)
    {
        lock (_lock)
        {
            return _root ??= factory?.Invoke(services)
                ?? throw new InvalidOperationException("There is nothing to serve: set Root (or RootFactory) of the ChannelsHostBuilder before it is built.");
        }
    }

    /// <summary>Prepares the tree and runs the lifespan's start for the first caller; later ones share its outcome.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="logger">Where a failed shutdown is reported.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What the application stored at start-up, for later scopes to copy; null when it has no lifespan.</returns>
    /// <exception cref="InvalidOperationException">A node of the tree cannot work, or the application refused to start.</exception>
    public async Task<IDictionary<string, object?>?> StartAsync(IServiceProvider services, ILogger logger, CancellationToken cancellationToken = default)
    {
        var application = Get(services);
        Task<LifespanRunner> starting;
        bool isFirst;
        lock (_lock)
        {
            _users++;
            isFirst = _lifespan is null;
            starting = _lifespan ??= StartOnceAsync(application, services, logger, cancellationToken);
        }

        try
        {
            // The first caller's token gives the start itself up, and the application may clean up.
            return (await (isFirst ? starting : starting.WaitAsync(cancellationToken))).State;
        }
        catch
        {
            lock (_lock)
            {
                _users--;
            }

            throw;
        }
    }

    /// <summary>Ends one use; the last one runs the lifespan's stop. Failures are logged, never thrown.</summary>
    /// <param name="cancellationToken">Gives up waiting for the application.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        Task<LifespanRunner>? lifespan;
        lock (_lock)
        {
            lifespan = _users > 0 && --_users == 0 ? _lifespan : null;
        }

        if (lifespan is { IsCompletedSuccessfully: true })
        {
            await (await lifespan).StopAsync(cancellationToken);
        }
    }

    private static async Task<LifespanRunner> StartOnceAsync(Application application, IServiceProvider services, ILogger logger, CancellationToken cancellationToken)
    {
        ApplicationTree.Prepare(application, services);
        var lifespan = new LifespanRunner(application, services, logger);
        await lifespan.StartAsync(cancellationToken);
        return lifespan;
    }
}
