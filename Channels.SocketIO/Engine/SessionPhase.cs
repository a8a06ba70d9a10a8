namespace Channels.SocketIO;

/// <summary>How far a session's life has come.</summary>
internal enum SessionPhase
{
    /// <summary>Both sides may send.</summary>
    Open,

    /// <summary>Over for its application; the client is told by its next poll.</summary>
    Closing,

    /// <summary>Over for everybody: its id is unknown.</summary>
    Closed,
}
