using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// One connection to one server, from connecting to its first failure. It never reconnects: the client library's own
/// reconnecting forgets which subscriptions were confirmed, does not follow a master and does not see a half-open link,
/// so <see cref="RedisLink"/> opens a new connection instead.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _multiplexer;
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RedisConnection(ConnectionMultiplexer multiplexer, EndPoint server, RedisLayerOptions options)
    {
        _multiplexer = multiplexer;
        Server = server;
        Pending = new(options.MaxPendingCommands, options.MaxPendingBytes);
        Database = multiplexer.GetDatabase();
        Subscriber = multiplexer.GetSubscriber();
        multiplexer.ConnectionFailed += (_, failure) => ReportLost($"{failure.ConnectionType} connection failed: {failure.FailureType}");
    }

    /// <summary>Where the server is.</summary>
    public EndPoint Server { get; }

    public IDatabase Database { get; }

    public ISubscriber Subscriber { get; }

    /// <summary>
    /// What waits for an answer. Each connection begins with none: the client library may never complete what it had
    /// queued on a connection that was given up, and that must not count for ever.
    /// </summary>
    public PendingGate Pending { get; }

    /// <summary>The server process' id; a new one means that it was restarted or is another server.</summary>
    public string RunId { get; private set; } = "";

    public bool IsCluster { get; private set; }

    public Version Version { get; private set; } = new();

    /// <summary>The connection's id at the server, for CLIENT UNBLOCK and CLIENT KILL.</summary>
    public long ClientId { get; private set; }

    /// <summary>Completes with the reason when the connection is known to be unusable.</summary>
    public Task<string> Lost => _lost.Task;

    /// <summary>Declares the connection unusable.</summary>
    public void ReportLost(string reason) => _lost.TrySetResult(reason);

    /// <summary>Connects, and learns who answers.</summary>
    /// <exception cref="RedisException">No server answered as it should.</exception>
    /// <exception cref="TimeoutException">The time for connecting is over.</exception>
    public static async Task<RedisConnection> OpenAsync(RedisHostAddress address, RedisLinkRole role, RedisLinkSettings settings, CancellationToken cancellationToken)
    {
        if (address.MasterName is not null)
        {
            return await OpenAsync(address, await SentinelResolver.FindMasterAsync(address, settings, cancellationToken), role, settings, cancellationToken);
        }

        if (address.Servers is [var only])
        {
            return await OpenAsync(address, only, role, settings, cancellationToken);
        }

        List<string> failures = [];
        foreach (var server in address.Servers)
        {
            try
            {
                return await OpenAsync(address, server, role, settings, cancellationToken);
            }
            catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException or IOException)
            {
                failures.Add($"{RedisEndPoint.Show(server)}: {RedisFailure.Describe(e)}");
            }
        }

        throw new IOException($"none of its servers can be used ({string.Join("; ", failures)})");
    }

    private static async Task<RedisConnection> OpenAsync(RedisHostAddress address, EndPoint server, RedisLinkRole role, RedisLinkSettings settings, CancellationToken cancellationToken)
    {
        var options = address.CopyOptions();
        options.EndPoints.Add(server);
        Configure(options, role, settings);
        var connection = new RedisConnection(await ConnectAsync(options, settings, cancellationToken), server, settings.Options);
        try
        {
            await connection.IntroduceAsync(role).WaitAsync(settings.Options.ConnectTimeout, settings.Time, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects to one server; what comes too late is closed.</summary>
    /// <exception cref="RedisException">No server answered as it should.</exception>
    /// <exception cref="TimeoutException">The time for connecting is over.</exception>
    public static async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions options, RedisLinkSettings settings, CancellationToken cancellationToken)
    {
        var opening = ConnectionMultiplexer.ConnectAsync(options);
        try
        {
            return await opening.WaitAsync(settings.Options.ConnectTimeout, settings.Time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            _ = opening.ContinueWith(static late => CloseLate(late), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        ReportLost("closed");
        await _multiplexer.CloseAsync(allowCommandsToComplete: false);
        _multiplexer.Dispose(); // after CloseAsync it only frees what is left and does not wait
    }

    private static void Configure(ConfigurationOptions options, RedisLinkRole role, RedisLinkSettings settings)
    {
        options.AbortOnConnectFail = true;
        options.ConnectRetry = 1;
        options.ConnectTimeout = (int)settings.Options.ConnectTimeout.TotalMilliseconds;
        options.ClientName = $"channels-{settings.Alias}-{role}".ToLowerInvariant();
        options.ConfigurationChannel = ""; // no hidden subscription, no hidden key
        options.TieBreaker = "";
        options.KeepAlive = 60;

        // Newer client versions apply this to asynchronous calls as well: it must not end a pop that is still blocked.
        options.SyncTimeout = (int)(role == RedisLinkRole.Pops ? settings.PopDeadline : settings.Options.CommandTimeout).TotalMilliseconds * 2;
        options.CommandMap = CommandMap.Create(CommandsOf(role, settings));
    }

    private static Dictionary<string, string?> CommandsOf(RedisLinkRole role, RedisLinkSettings settings)
    {
        Dictionary<string, string?> commands = new(StringComparer.OrdinalIgnoreCase);
        if (role != RedisLinkRole.Subscriptions)
        {
            foreach (var unused in (ReadOnlySpan<string>)["SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE"])
            {
                commands[unused] = ""; // spares the second socket
            }
        }

        if (!settings.FollowsSlots)
        {
            // Who is asked for the nodes of a cluster must not tell: the client would connect to each, publish on them in turn, and
            // end with any of them. To leave the command out breaks its protocol, so it asks for something that is refused.
            commands["CLUSTER"] = "TIME";
        }

        return commands;
    }

    private static void CloseLate(Task<ConnectionMultiplexer> late)
    {
        if (late.IsCompletedSuccessfully)
        {
            late.Result.Dispose(); // completed: does not wait
        }
        else
        {
            _ = late.Exception; // observed: the caller was told about the time-out already
        }
    }

    private async Task IntroduceAsync(RedisLinkRole role)
    {
        var info = ((string?)await Database.ExecuteAsync("INFO") ?? "").Split('\n', StringSplitOptions.TrimEntries);
        string Field(string name) => info.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..] ?? "";
        RunId = Field("run_id");
        IsCluster = Field("redis_mode") == "cluster";
        Version = Version.TryParse(Field("redis_version"), out var version) ? version : new();
        if (Field("role") == "slave")
        {
            throw new IOException("the server is a read-only replica; the host list must name the master, or sentinels that know it.");
        }

        if (role == RedisLinkRole.Pops)
        {
            ClientId = long.Parse((string?)await Database.ExecuteAsync("CLIENT", "ID") ?? "0", CultureInfo.InvariantCulture);
        }
    }
}
