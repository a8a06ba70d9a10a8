namespace Channels.Extending;

/// <summary>A connection that can be asked to end in an orderly way when the server drains.</summary>
public interface IDrainableConnection
{
    /// <summary>For <see cref="ConnectionRegistry"/> alone: where it holds the connection, counted from 1; 0 while it does not.</summary>
    int Place { get; set; }

    /// <summary>Begins to close; returns at once, and does nothing when the connection is closing already. Thread-safe.</summary>
    /// <param name="code">A WebSocket close code, or what stands for it in the connection's protocol.</param>
    /// <param name="reason">Why, for the peer; may be empty.</param>
    void RequestClose(int code, string reason);
}
