namespace Channels;

/// <summary>How long a connection may live, as whoever has let it in has decided.</summary>
internal abstract class ConnectionLease
{
    /// <summary>Where it stands in the scope.</summary>
    public static ScopeKey<ConnectionLease> Key { get; } = new("lease");

    /// <summary>From now on the connection may live until then. Thread-safe.</summary>
    /// <param name="expires">The time; null for no end.</param>
    public abstract void Renew(DateTimeOffset? expires);

    /// <summary>
    /// The connection is reached under its names now, and not accepted yet. What was taken away between the question who it is and
    /// now was told to nobody, so whoever has let it in may look once more.
    /// </summary>
    /// <returns>False when the handshake has been refused.</returns>
    public abstract ValueTask<bool> ConfirmAsync();
}
