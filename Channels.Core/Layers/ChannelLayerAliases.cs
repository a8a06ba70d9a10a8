namespace Channels;

/// <summary>Well-known names of layers.</summary>
public static class ChannelLayerAliases
{
    /// <summary>The layer that consumers use unless they name another one.</summary>
    public const string Default = "default";
}
