namespace Channels.SocketIO;

/// <summary>How clients that were cut off get back what they had (<see cref="SocketIOOptions.Recovery"/>).</summary>
public sealed class SocketIORecoveryOptions
{
    /// <summary>
    /// How long a client may be away and still get its id, rooms and data back, with the events that it missed. After the process that
    /// served it was killed it may be up to twice as long. Default 2 minutes; from 1 s to 24 hours.
    /// </summary>
    public TimeSpan MaxDisconnection { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Whether the middleware that a namespace was added with is passed by when a client gets its state back: it has looked at the client
    /// before. Middleware that was wrapped around the application by hand always runs. Default true.
    /// </summary>
    public bool SkipMiddleware { get; set; } = true;

    /// <summary>How many bytes rooms and data of one client in one namespace may have to be kept; clients with more begin anew. Default 65,536; at least 1,024.</summary>
    public int MaxStateBytes { get; set; } = 65_536;
}
