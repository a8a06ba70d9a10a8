namespace Channels.Extending;

/// <summary>The aliases of all registered layers, for health checks, commands and the start-up check of consumers.</summary>
public sealed class ChannelLayerRegistrations
{
    private readonly OrderedDictionary<string, object?> _setups = new(StringComparer.Ordinal);

    internal ChannelLayerRegistrations()
    {
    }

    /// <summary>The aliases, in the order of registration.</summary>
    public IReadOnlyList<string> Aliases => _setups.Keys;

    internal void Set(string alias, object? setup)
    {
        ArgumentException.ThrowIfNullOrEmpty(alias);
        if (alias.Contains(':', StringComparison.Ordinal))
        {
            throw new ArgumentException($"The layer alias '{HeaderText.Escape(alias)}' holds a colon, which separates the parts of configuration keys; choose another one.", nameof(alias));
        }

        _setups[alias] = setup;
    }

    /// <summary>How the options of the alias are made, when its layer is one with such options.</summary>
    internal LayerOptionsSetup<TOptions>? Find<TOptions>(string? alias)
        where TOptions : ChannelLayerOptions =>
        alias is null ? null : _setups.GetValueOrDefault(alias) as LayerOptionsSetup<TOptions>;
}
