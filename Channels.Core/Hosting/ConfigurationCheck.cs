using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// Warns at start about keys under <c>Channels:</c> that nobody reads: a misspelt one would change nothing, without a word.
/// A warning and no refusal, because processes of different kinds and ages share one file.
/// </summary>
internal sealed partial class ConfigurationCheck(
    IEnumerable<KnownSection> sections,
    ChannelLayerRegistrations layers,
    IEnumerable<ChannelWorkerRegistration> workers,
    IServiceProvider services,
    ILoggerFactory loggers) : IHostedService
{
    private const string Root = "Channels";
    private const string Layers = "Layers";
    private const string Workers = "Workers";

    // What some process of a deployment reads, if not this one.
    private static readonly string[] Elsewhere = [Layers, Workers, "Server", "WebSocket", "Jobs", "DeadLetters"];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (services.GetService<IConfiguration>() is { } configuration)
        {
            var logger = loggers.CreateLogger("Channels.Configuration");
            foreach (var (key, remedy) in Unread(configuration.GetSection(Root)))
            {
                Log.Unread(logger, HeaderText.Escape(key), remedy);
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<(string Key, string Remedy)> Unread(IConfigurationSection root)
    {
        string[] tops = [.. sections.Select(known => known.Path[(Root.Length + 1)..]).Union(Elsewhere)];
        foreach (var top in root.GetChildren().Where(top => !tops.Contains(top.Key, StringComparer.OrdinalIgnoreCase)))
        {
            yield return (top.Path, NearestName.Hint(top.Key, tops));
        }

        foreach (var layer in root.GetSection(Layers).GetChildren().Where(layer => !layers.Aliases.Contains(layer.Key, StringComparer.OrdinalIgnoreCase)))
        {
            yield return (layer.Path, $": layers of this process are {string.Join(", ", layers.Aliases)}.");
        }

        foreach (var unread in Misspelt(root.GetSection(Workers)))
        {
            yield return unread;
        }

        var workerKeys = OptionsReader.KeysOf<ChannelWorkerOptions>();
        var known = sections
            .Concat(layers.Sections)
            .Concat(root.GetSection(Workers).GetChildren().Select(worker => new KnownSection(worker.Path, workerKeys)));
        foreach (var (path, keys) in known)
        {
            foreach (var child in root.GetSection(path[(Root.Length + 1)..]).GetChildren())
            {
                if (!keys.TryGetValue(child.Key, out var mayHaveKeys))
                {
                    yield return (child.Path, NearestName.Hint(child.Key, keys.Keys));
                }
                else if (!mayHaveKeys && child.GetChildren().Any())
                {
                    yield return (child.Path, ": it holds one value, and no keys below it.");
                }
            }
        }
    }

    // Workers of other processes may be told of in the same file: only a name that is near to one of this process says that somebody slipped,
    // and only where that one has no options of its own.
    private IEnumerable<(string Key, string Remedy)> Misspelt(IConfigurationSection section)
    {
        var channels = workers.Select(worker => worker.Channel).ToHashSet(StringComparer.OrdinalIgnoreCase);
        string[] without = [.. channels.Where(channel => !section.GetSection(channel).Exists())];
        foreach (var worker in section.GetChildren().Where(worker => !channels.Contains(worker.Key)))
        {
            if (NearestName.Find(worker.Key, without) is { } meant)
            {
                yield return (worker.Path, $"; did you mean '{meant}'?");
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1030, LogLevel.Warning, "The configuration key '{Key}' is read by nothing in this process{Remedy}")]
        public static partial void Unread(ILogger logger, string key, string remedy);
    }
}
