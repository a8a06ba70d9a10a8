namespace Channels.SocketIO;

/// <summary>What has become of a message.</summary>
internal enum ReadOutcome
{
    /// <summary>It is against the protocol: the connection must be closed.</summary>
    Invalid,

    /// <summary>A packet is whole.</summary>
    Packet,

    /// <summary>Attachments are still to come.</summary>
    Incomplete,
}
