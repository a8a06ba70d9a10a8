using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>Starts and stops the workers of a host.</summary>
internal sealed class ChannelWorkerHost(
    IEnumerable<ChannelWorkerRegistration> registrations,
    IServiceProvider services,
    IDeadLetterStore deadLetters,
    WorkerMetrics metrics,
    TimeProvider time,
    ILoggerFactory loggers) : IHostedService
{
    private readonly ILogger _logger = loggers.CreateLogger("Channels.Workers");
    private readonly List<RootApplication> _roots = [];
    private List<ChannelWorker> _workers = [];

    public IReadOnlyList<ChannelWorker> Workers => _workers;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var rootOf = new Dictionary<Application, RootApplication>();
        var workers = new List<ChannelWorker>();
        foreach (var registration in registrations.GroupBy(r => r.Channel).Select(g => g.Last()))
        {
            var options = Options(registration);
            var take = FindSource(registration.Channel, options);
            var root = RootOf(registration, rootOf);
            CheckRoute(registration.Channel, root.Get(services));
            var state = await root.StartAsync(services, _logger, cancellationToken);
            _roots.Add(root); // one stop for each start; the last one counts
            var application = root.Get(services);
            workers.Add(new(registration.Channel, new(application, take, deadLetters, metrics, time, _logger, services, state), options));
        }

        foreach (var worker in workers)
        {
            worker.Start();
        }

        _workers = workers;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_workers.Select(worker => worker.StopAsync(cancellationToken)));
        foreach (var worker in _workers)
        {
            await worker.DisposeAsync();
        }

        foreach (var root in _roots)
        {
            await root.StopAsync(cancellationToken);
        }
    }

    private static void CheckRoute(string channel, Application application)
    {
        ApplicationTree.Walk(application); // throws for one that contains itself
        if (FindChannels(application) is not { } routed || routed.Contains(channel))
        {
            return;
        }

        throw new InvalidOperationException(routed.Count == 0
            ? $"A worker is to read the channel '{channel}', but no application serves channels: add [\"channel\"] = new ChannelNameRouter {{ [\"{channel}\"] = … }} to the ProtocolTypeRouter."
            : $"No application serves the channel '{channel}'{NearestName.Hint(channel, routed)} The ChannelNameRouter has: {string.Join(", ", routed)}. Read one of these, or add [\"{channel}\"] = … to it.");
    }

    // The channels that an application tells apart; null when it takes any, empty when it takes none. Routes of other protocols are none.
    private static IReadOnlyList<string>? FindChannels(Application application)
    {
        const string protocol = "channel";
        switch (ApplicationTree.NodeOf(application))
        {
            case null or { Branches.Count: 0 }:
                return null;
            case IPrefixApplication:
                return [];
            case { Branches: [{ Label: "" } only] }:
                return FindChannels(only.Application); // middleware
            case { Branches: var branches }:
                string[] labels = [.. branches.Select(branch => branch.Label)];
                return Array.IndexOf(labels, protocol) is var own and >= 0 ? FindChannels(branches[own].Application)
                    : labels.Any(label => label is "http" or "websocket") ? []
                    : labels;
        }
    }

    private ChannelWorkerOptions Options(ChannelWorkerRegistration registration)
    {
        var options = new ChannelWorkerOptions();
        if (services.GetService<IConfiguration>() is { } configuration)
        {
            OptionsReader.Read(configuration, $"Channels:Workers:{registration.Channel}", options, static (options, section) => section.Bind(options));
        }

        registration.Configure?.Invoke(options);
        options.Validate(registration.Channel);
        return options;
    }

    private Func<CancellationToken, ValueTask<WorkerJob>> FindSource(string channel, ChannelWorkerOptions options)
    {
        var alias = options.Layer;
        var layer = services.GetKeyedService<IChannelLayer>(alias)
            ?? throw new InvalidOperationException($"Channels:Workers:{channel}:Layer: {ChannelLayerRegistrations.Unknown(services, alias).Message}");
        if (options.Acknowledged)
        {
            var queue = services.GetKeyedService<IJobQueue>(alias) ?? throw new InvalidOperationException(
                $"Channels:Workers:{channel}:Acknowledged needs a job queue for the layer '{alias}': call AddRedisJobs(), or AddInMemoryJobs() in development, after services.AddChannels().");
            return async stop =>
            {
                var taken = await queue.TakeAsync(channel, stop);
                return new WorkerJob(taken.Message, taken);
            };
        }

        return layer.Features.HasFlag(ChannelLayerFeatures.CompetingReaders)
            ? async stop => new WorkerJob(await layer.ReceiveAsync(channel, stop), taken: null)
            : throw new InvalidOperationException(
                $"The layer '{alias}' hands every message to every reader, so each job of channel '{channel}' would run on every worker; use the in-memory or the core Redis layer for workers.");
    }

    private RootApplication RootOf(ChannelWorkerRegistration registration, Dictionary<Application, RootApplication> rootOf)
    {
        if (registration.Application is not { } application)
        {
            return services.GetService<RootApplication>()
                ?? throw new InvalidOperationException($"The worker of channel '{registration.Channel}' has no application: pass one to AddChannelWorker, or set the host's Root.");
        }

        return rootOf.TryGetValue(application, out var root) ? root : rootOf[application] = new RootApplication(application);
    }
}
