namespace Channels;

/// <summary>The applications of one server's tree that have a life of their own. Used by one server, one call at a time.</summary>
/// <param name="root">The root of the tree.</param>
internal sealed class HostedApplications(Application root)
{
    private readonly Stack<IHostedApplication> _started = new();

    /// <summary>Starts them in the order of the tree; when one fails, those before it are stopped again.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StartAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var application in ApplicationTree.Walk(root).Select(entry => entry.Node).OfType<IHostedApplication>().Distinct())
            {
                await application.StartAsync(services, cancellationToken);
                _started.Push(application);
            }
        }
        catch
        {
            await StopAsync(cancellationToken);
            throw;
        }
    }

    /// <summary>Stops those that run, the last one first.</summary>
    /// <param name="cancellationToken">Fires when time is up.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        while (_started.TryPop(out var application))
        {
            await application.StopAsync(cancellationToken);
        }
    }
}
