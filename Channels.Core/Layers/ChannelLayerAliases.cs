namespace Channels.Extending;

/// <summary>Well-known names of layers, and where their options are.</summary>
public static class ChannelLayerAliases
{
    /// <summary>The layer that consumers use unless they name another one.</summary>
    public const string Default = "default";

    /// <summary>The configuration section of a layer: <c>Channels:Layers:&lt;alias&gt;</c>.</summary>
    /// <param name="alias">The layer's alias.</param>
    public static string Section(string alias) => $"Channels:Layers:{alias}";
}
