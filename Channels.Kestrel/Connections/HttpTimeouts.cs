using System.Reflection;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Channels.Kestrel;

/// <summary>
/// Stands between Kestrel's heartbeat and the timeouts of HTTP on one connection, which it looks at once a second, and
/// leaves them alone once the connection is a WebSocket: none of them concerns it, and the looks at what has long left
/// the processor's caches cost an idle socket more than its pings.
/// </summary>
internal sealed class HttpTimeouts : IConnectionHeartbeatFeature
{
    private static readonly Assembly Kestrel = typeof(KestrelServerOptions).Assembly;

    private readonly IConnectionHeartbeatFeature _heartbeat;
    private Action<object>? _look;
    private object? _state;

    private HttpTimeouts(IConnectionHeartbeatFeature heartbeat) => _heartbeat = heartbeat;

    /// <summary>Goes in front of what serves HTTP.</summary>
    public static ConnectionDelegate Before(ConnectionDelegate next) => connection =>
    {
        if (connection.Features.Get<IConnectionHeartbeatFeature>() is { } heartbeat)
        {
            connection.Features.Set<IConnectionHeartbeatFeature>(new HttpTimeouts(heartbeat));
        }

        return next(connection);
    };

    /// <inheritdoc/>
    /// <remarks>What others than Kestrel want to do goes on after HTTP.</remarks>
    public void OnHeartbeat(Action<object> action, object state)
    {
        if (_look is not null || state.GetType().Assembly != Kestrel)
        {
            _heartbeat.OnHeartbeat(action, state);
            return;
        }

        (_look, _state) = (action, state);
        _heartbeat.OnHeartbeat(static timeouts => ((HttpTimeouts)timeouts).Look(), this);
    }

    /// <summary>The connection speaks HTTP no more.</summary>
    public void End() => Volatile.Write(ref _state, null);

    private void Look()
    {
        if (Volatile.Read(ref _state) is { } state)
        {
            _look!(state); // set before
        }
    }
}
