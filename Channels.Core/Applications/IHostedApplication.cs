namespace Channels.Extending;

/// <summary>
/// An application with a life of its own inside a server, such as a whole web site: a server that serves its tree starts it
/// before it listens and stops it when its last connection has ended. Workers, which serve no connections, leave it alone.
/// </summary>
/// <remarks>What an application wants to do at start in every process belongs into its lifespan instead.</remarks>
public interface IHostedApplication : IApplicationNode
{
    /// <summary>Begins, after <see cref="IApplicationNode.Prepare"/>. A failure stops the start of the server.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    Task StartAsync(IServiceProvider services, CancellationToken cancellationToken);

    /// <summary>Ends. Called once for each start that succeeded.</summary>
    /// <param name="cancellationToken">Fires when the host's time is up.</param>
    Task StopAsync(CancellationToken cancellationToken);
}
