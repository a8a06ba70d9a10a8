using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels.Kestrel;

/// <summary>A Channels program: a host whose server serves one root application. Members are thread-safe.</summary>
public sealed class ChannelsHost : IHost, IAsyncDisposable
{
    private readonly IHost _inner;
    private readonly HostVerb _verb;
    private readonly IReadOnlyList<string> _words;

    internal ChannelsHost(IHost inner, HostVerb verb, IReadOnlyList<string> words) => (_inner, _verb, _words) = (inner, verb, words);

    /// <inheritdoc/>
    public IServiceProvider Services => _inner.Services;

    /// <summary>What the server listens on, with the ports it really got; empty before it has started.</summary>
    public IReadOnlyCollection<string> Addresses =>
        Services.GetService<ChannelsServer>() is { IsStarted: true } && Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>() is { } feature
            ? [.. feature.Addresses]
            : [];

    /// <summary>Begins a program.</summary>
    /// <param name="args">The command line: a verb, switches, and <c>--key value</c> pairs for configuration.</param>
    public static ChannelsHostBuilder CreateBuilder(string[]? args = null) => new(args ?? []);

    /// <summary>Does what the command line says: serve until told to stop, or another verb.</summary>
    /// <param name="cancellationToken">Stops the host.</param>
    /// <returns>The exit code: 0 when all went well, 1 for a failure, 2 for a wrong command line.</returns>
    public Task<int> RunAsync(CancellationToken cancellationToken = default) =>
        _verb.RunGuardedAsync(new HostVerbContext(this, _words, Console.Out, Console.Error), cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default) => _inner.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken = default) => _inner.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _inner.Dispose();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_inner is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync();
        }
        else
        {
            _inner.Dispose();
        }
    }

    internal Application GetRoot() => Services.GetRequiredService<RootApplication>().Get(Services);
}
