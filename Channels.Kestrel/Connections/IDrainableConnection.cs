namespace Channels.Kestrel;

/// <summary>A connection that can be asked to end in an orderly way when the server drains.</summary>
internal interface IDrainableConnection
{
    /// <summary>The registry's own: where it holds the connection, counted from 1; 0 while it does not.</summary>
    int Place { get; set; }

    /// <summary>Begins the close handshake; returns at once, and does nothing when the connection is closing already.</summary>
    void RequestClose(int code, string reason);
}
