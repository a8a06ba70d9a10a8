using Microsoft.Extensions.Hosting;

namespace Channels;

/// <summary>
/// The applications of this host that are mounted in somebody else's server: each begins and ends with the host, however
/// many places it is mounted at. Thread-safe.
/// </summary>
internal sealed class MountedApplications : IHostedService
{
    private readonly List<(Application Root, IHostedService Life)> _mounts = [];
    private bool _started;

    /// <summary>The life of an application; made by the first who mounts it.</summary>
    /// <param name="root">The application.</param>
    /// <param name="create">Makes it.</param>
    /// <exception cref="InvalidOperationException">The host has started.</exception>
    public TLife GetOrAdd<TLife>(Application root, Func<TLife> create)
        where TLife : IHostedService
    {
        lock (_mounts)
        {
            var found = _mounts.FindIndex(mount => mount.Root == root && mount.Life is TLife);
            if (found < 0)
            {
                if (_started)
                {
                    throw new InvalidOperationException("The host has started; applications are mounted before it runs, so that a mistake in one stops its start.");
                }

                found = _mounts.Count;
                _mounts.Add((root, create()));
            }

            return (TLife)_mounts[found].Life;
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var life in Close())
        {
            await life.StartAsync(cancellationToken);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var life in Close().Reverse())
        {
            await life.StopAsync(cancellationToken);
        }
    }

    private IEnumerable<IHostedService> Close()
    {
        lock (_mounts)
        {
            _started = true;
            return [.. _mounts.Select(mount => mount.Life)];
        }
    }
}
