namespace Channels;

/// <summary>What a layer can do beyond the basic contract.</summary>
[Flags]
public enum ChannelLayerFeatures
{
    /// <summary>Only direct messages within one process.</summary>
    None = 0,

    /// <summary>Groups.</summary>
    Groups = 1,

    /// <summary>Several readers of one channel share its messages, one reader per message: what workers need.</summary>
    CompetingReaders = 2,

    /// <summary>Messages reach other processes.</summary>
    Distributed = 4,

    /// <summary>The layer knows who is in a group, in all processes: it counts them, and lists them.</summary>
    Members = 8,
}
