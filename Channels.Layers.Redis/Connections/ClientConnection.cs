using System.Net;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>A connection for commands, through the client library. Thread-safe.</summary>
internal sealed class ClientConnection : RedisConnection
{
    // Of the time for connecting, so that the client library gets to say what it knows: which node of several did not answer is no reason to give up.
    private const double OfTheTime = 0.9;

    private readonly ConnectionMultiplexer _multiplexer;

    private ClientConnection(ConnectionMultiplexer multiplexer, EndPoint server, RedisLayerOptions options)
        : base(server)
    {
        _multiplexer = multiplexer;
        Pending = new(options.MaxPendingCommands, options.MaxPendingBytes);
        Database = multiplexer.GetDatabase();
        var known = multiplexer.GetServer(server);
        (Version, IsCluster, IsReplica) = (known.Version, known.ServerType == ServerType.Cluster, known.IsReplica);
        IsGarnet = known.GetProductVariant(out _) == ProductVariant.Garnet;
        multiplexer.ConnectionFailed += (_, failure) => ReportLost($"{failure.ConnectionType} connection failed: {failure.FailureType}");
    }

    public IDatabase Database { get; }

    /// <summary>
    /// What waits for an answer. Each connection begins with none: the client library may never complete what it had
    /// queued on a connection that was given up, and that must not count for ever.
    /// </summary>
    public PendingGate Pending { get; }

    public Version Version { get; }

    public bool IsCluster { get; }

    /// <summary>Whether it is Garnet, which says so over RESP3 only.</summary>
    public bool IsGarnet { get; }

    private bool IsReplica { get; }

    /// <summary>Connects, and learns who answers.</summary>
    /// <exception cref="RedisException">No server answered as it should.</exception>
    /// <exception cref="TimeoutException">The time for connecting is over.</exception>
    /// <exception cref="IOException">The server is a replica.</exception>
    /// <remarks>A server that still loads its data after a restart takes connections and refuses every command: it counts as not there yet.</remarks>
    public static async Task<ClientConnection> OpenAsync(RedisHostAddress address, EndPoint server, RedisLinkRole role, RedisLinkSettings settings, CancellationToken cancellationToken)
    {
        var options = address.CopyOptions();
        options.EndPoints.Add(server);
        Configure(options, role, settings);
        var connection = new ClientConnection(await ConnectAsync(options, settings, cancellationToken), server, settings.Options);
        try
        {
            if (connection.IsReplica)
            {
                throw Replica();
            }

            await connection.PingAsync().WaitAsync(settings.Options.ConnectTimeout, settings.Time, cancellationToken);
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
        var gate = new ConnectGate();
        options.Tunnel = gate;
        options.AbortOnConnectFail = true;
        options.ConnectRetry = 1;
        options.ConnectTimeout = (int)(settings.Options.ConnectTimeout * OfTheTime).TotalMilliseconds;
        options.ConfigurationChannel = ""; // no hidden subscription, no hidden key
        options.TieBreaker = "";
        var opening = ConnectionMultiplexer.ConnectAsync(options);
        gate.Open(); // it waits by now
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

    public override Task PingAsync() => Database.PingAsync();

    public override async ValueTask DisposeAsync()
    {
        ReportLost("closed");
        await _multiplexer.CloseAsync(allowCommandsToComplete: false);
        await _multiplexer.DisposeAsync();
    }

    private static void Configure(ConfigurationOptions options, RedisLinkRole role, RedisLinkSettings settings)
    {
        options.AllowAdmin = false;
        options.SetClientLibrary = false; // one right less that an account needs
        options.ClientName = settings.ClientNameOf(role);
        options.KeepAlive = 60;
        options.BacklogPolicy = BacklogPolicy.FailFast; // nothing is sent after its sender was told that it was not

        // Only a safeguard: senders wait by the layer's own clock, and a pop that is still blocked must not be ended.
        options.AsyncTimeout = (int)(role == RedisLinkRole.Pops ? settings.PopDeadline : settings.Options.CommandTimeout).TotalMilliseconds * 2;
        options.CommandMap = CommandMap.Create([.. CommandsLeftOut(settings)], available: false);
    }

    // Each is a question of the client's own, which an account would need a right for. Without the subscriptions RESP2 needs no second socket.
    private static IEnumerable<string> CommandsLeftOut(RedisLinkSettings settings)
    {
        IEnumerable<string> unused = ["CONFIG", "INFO", "SENTINEL", "SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE"];

        // Who knows the nodes of a cluster would connect to each, publish on them in turn, and end with any of them.
        return settings.FollowsSlots ? unused : unused.Append("CLUSTER");
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
}
