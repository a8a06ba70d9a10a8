using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;

namespace Channels.Kestrel;

/// <summary>
/// Lets TCP connections in as long as the process may open files for them, and closes those that say nothing at all. Kestrel's own
/// limit counts no connection that has become a WebSocket, and costs each of them three objects; without a first byte Kestrel
/// waits as long as between two requests. Thread-safe.
/// </summary>
/// <param name="most">How many connections may be open. At the limit of open files itself accepting would fail, again and again.</param>
/// <param name="time">The clock.</param>
/// <param name="telemetry">Counts what is refused.</param>
/// <param name="logger">Told of refusals.</param>
internal sealed partial class ConnectionGate(int most, TimeProvider time, ServerTelemetry telemetry, ILogger logger)
{
    private const long PatienceMilliseconds = 10_000;
    private const int MostKeptWaits = 256; // more may wait at once, and are forgotten afterwards

    private readonly ConnectionHeartbeat _heartbeat = new(time);
    private readonly DefaultObjectPool<FirstByteWait> _waits = new(new DefaultPooledObjectPolicy<FirstByteWait>(), MostKeptWaits);
    private readonly FloodLog _flood = new(logger, time);
    private int _open;

    /// <summary>How many connections may be open.</summary>
    public int Most => most;

    /// <summary>How many connections are open.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>A transport whose connections are counted from the moment they are accepted.</summary>
    public IConnectionListenerFactory Around(IConnectionListenerFactory transport) => new GatedTransport(transport, this);

    /// <summary>Goes in front of everything else on a connection: waits for its first byte.</summary>
    public ConnectionDelegate Before(ConnectionDelegate next) => connection => ServeAsync(connection, next);

    /// <summary>One connection more. False, and told to whom it concerns, when there are too many; it does not count then.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _open) <= most)
        {
            return true;
        }

        Leave();
        telemetry.Refused("OpenFiles");
        if (_flood.Begins("a connection beyond the limit of open files", ""))
        {
            Log.NoFiles(logger, most);
        }

        return false;
    }

    /// <summary>A connection that had entered has given its file back.</summary>
    public void Leave() => Interlocked.Decrement(ref _open);

    private Task ServeAsync(ConnectionContext connection, ConnectionDelegate next) => HasSpoken(connection.Transport.Input) switch
    {
        null => ServeLaterAsync(connection, next),
        true => next(connection),
        false => Task.CompletedTask,
    };

    private async Task ServeLaterAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (await WaitForFirstByteAsync(connection))
        {
            await next(connection);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // nearly every connection waits, and each would leave an object
    private async ValueTask<bool> WaitForFirstByteAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        var until = _heartbeat.Now + PatienceMilliseconds;
        var wait = _waits.Get();
        try
        {
            wait.Begin(input, until);
            var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
            await using var registration = stopping.UnsafeRegister(static wait => ((FirstByteWait)wait!).GiveUp(), wait);
            _heartbeat.Schedule(wait, until);
            return IsSomething(input, await input.ReadAsync(CancellationToken.None));
        }
        catch (Exception error) when (IsReset(error))
        {
            return false;
        }
        finally
        {
            _heartbeat.Remove(wait);
            _waits.Return(wait);
        }
    }

    // Null for not yet.
    private static bool? HasSpoken(PipeReader input)
    {
        try
        {
            return input.TryRead(out var read) ? IsSomething(input, read) : null;
        }
        catch (Exception error) when (IsReset(error))
        {
            return false;
        }
    }

    private static bool IsSomething(PipeReader input, ReadResult read)
    {
        input.AdvanceTo(read.Buffer.Start); // Kestrel reads from the beginning
        return !read.Buffer.IsEmpty;
    }

    // Before it has said anything.
    private static bool IsReset(Exception error) => error is IOException or OperationCanceledException;

    private static partial class Log
    {
        [LoggerMessage(1034, LogLevel.Warning, "Refused a connection: {Most} are open, and the limit of open files has room for no more; raise it (ulimit -n, LimitNOFILE) if these clients are welcome.")]
        public static partial void NoFiles(ILogger logger, int most);
    }
}
