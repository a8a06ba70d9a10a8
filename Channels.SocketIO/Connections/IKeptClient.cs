namespace Channels.SocketIO;

/// <summary>One client in one namespace as it is kept, to come back to. Thread-safe.</summary>
internal interface IKeptClient
{
    /// <summary>What the client comes back with; a secret between it and the servers.</summary>
    string Pid { get; }

    /// <summary>What tells this connection of the client's from all others that it ever has.</summary>
    string Owner { get; }

    /// <summary>Whether it has come back, and has what it had.</summary>
    bool IsRecovered { get; }

    /// <summary>What it missed while it was away, oldest first; for one caller.</summary>
    IReadOnlyList<SocketIOEmit> TakeMissed();

    /// <summary>It has become a member of a room.</summary>
    void Joined(string room);

    /// <summary>It is no member of a room any more.</summary>
    void Left(string room);

    /// <summary>Completes when what it has now is kept, or cannot be: then that was logged. A connection whose client is back by another one is closed.</summary>
    Task SaveAsync();

    /// <summary>The connection has ended: the client may come back for a while, if that was the end of the connection only.</summary>
    void End(string reason);

    /// <summary>Emits an event to the client, which gets it later when it is away.</summary>
    ValueTask EmitAsync(SocketIOEmit emit);
}
