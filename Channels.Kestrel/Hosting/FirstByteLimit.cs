using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Channels.Kestrel;

/// <summary>Closes TCP connections that say nothing at all; Kestrel itself waits for them as long as between two requests.</summary>
internal sealed class FirstByteLimit(TimeProvider time)
{
    private const long PatienceMilliseconds = 10_000;

    private readonly ConnectionHeartbeat _heartbeat = new(time);

    public ConnectionDelegate Before(ConnectionDelegate next) => connection => ServeAsync(connection, next);

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (await WaitForFirstByteAsync(connection))
        {
            await next(connection);
        }
    }

    private async ValueTask<bool> WaitForFirstByteAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        if (!input.TryRead(out var read))
        {
            var wait = new Wait(input);
            var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
            await using var registration = stopping.UnsafeRegister(static wait => ((Wait)wait!).GiveUp(), wait);
            _heartbeat.Schedule(wait, _heartbeat.Now + PatienceMilliseconds);
            try
            {
                read = await input.ReadAsync(CancellationToken.None);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                return false; // reset before it has said anything
            }
            finally
            {
                _heartbeat.Remove(wait);
            }
        }

        input.AdvanceTo(read.Buffer.Start); // Kestrel reads from the beginning
        return !read.Buffer.IsEmpty;
    }

    private sealed class Wait(PipeReader input) : HeartbeatEntry
    {
        public void GiveUp() => input.CancelPendingRead();

        public override long Beat(long now)
        {
            GiveUp();
            return Never;
        }
    }
}
