using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>What one server has for its administrators, from its start to its stop.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without timer or wait handle holds nothing to release.")]
internal sealed class SocketIOAdmin
{
    private static readonly TimeSpan StatisticsPeriod = TimeSpan.FromSeconds(2);

    private readonly SocketIORuntime _runtime;
    private readonly RoomSender _rooms;
    private readonly AdminStatistics _statistics;
    private readonly AdminReports _reports;
    private readonly AdminDataChanges? _changes;
    private readonly CancellationTokenSource _end = new();
    private Task _running = Task.CompletedTask;

    /// <param name="options">The options; checked.</param>
    /// <param name="runtime">The server.</param>
    /// <param name="rooms">What it sends with.</param>
    /// <param name="traffic">What its engine counts.</param>
    public SocketIOAdmin(SocketIOAdminOptions options, SocketIORuntime runtime, RoomSender rooms, EngineTraffic traffic)
    {
        (Options, _runtime, _rooms) = (options, runtime, rooms);
        Gate = new(options, runtime);
        Everybody = Of(options.Namespace);
        Config = MakeConfig(options);
        _statistics = new(options, runtime, traffic);
        _reports = new(runtime, options.Namespace, Everybody);
        if (options.ReportAll)
        {
            _changes = new(runtime, _reports, options.MaxListedSockets);
        }
    }

    public SocketIOAdminOptions Options { get; }

    public AdminGate Gate { get; }

    /// <summary>What an administrator's page is told to offer.</summary>
    public JsonElement Config { get; }

    /// <summary>All administrators.</summary>
    public BroadcastOperator Everybody { get; }

    /// <summary>The clients of a namespace.</summary>
    public BroadcastOperator Of(string space) => new(_rooms, new RoomTarget(space));

    /// <summary>Begins to report.</summary>
    public void Start()
    {
        _runtime.Watch = Options.ReportAll ? _reports : null;
        _running = Task.WhenAll(ReportStatisticsAsync(), _reports.RunAsync());
    }

    /// <summary>Reports no more.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _runtime.Watch = null;
        _reports.Complete();
        await _end.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The clients of all processes that answer.</summary>
    public async Task<JsonElement> ListSocketsAsync()
    {
        var lists = new List<byte[]> { SocketDescription.OfAll(_runtime, Options.MaxListedSockets) };
        try
        {
            lists.AddRange(_rooms.Node is { } node ? await node.DescribeAsync(Options.MaxListedSockets) : []);
        }
        catch (Exception error) when (error is RequestException or ChannelFullException or ChannelLayerUnavailableException)
        {
            _runtime.Log.NotReported(error); // those of this process are shown; the others show when something happens to them
        }

        var entries = lists.Select(list => Encoding.UTF8.GetString(list.AsSpan()[1..^1])).Where(inner => inner.Length > 0);
        return SocketDescription.Parse($"[{string.Join(',', entries)}]");
    }

    private async Task ReportStatisticsAsync()
    {
        using var timer = new PeriodicTimer(StatisticsPeriod, _runtime.Time);
        try
        {
            do
            {
                _changes?.Report();
                await _reports.TellAsync("server_stats", () => [_statistics.Read()]);
            }
            while (await timer.WaitForNextTickAsync(_end.Token));
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private static JsonElement MakeConfig(SocketIOAdminOptions options)
    {
        string[] commands = options.ReadOnly ? [] : ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"];
        string[] features = [.. commands, "AGGREGATED_EVENTS", .. options.ReportAll ? ["ALL_EVENTS"] : Array.Empty<string>()];
        return SocketDescription.Parse($"{{\"supportedFeatures\":[{string.Join(',', features.Select(feature => $"\"{feature}\""))}]}}");
    }
}
