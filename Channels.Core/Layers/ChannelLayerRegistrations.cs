using System.Diagnostics.CodeAnalysis;

namespace Channels.Extending;

/// <summary>The aliases of all registered layers, for health checks, commands and the start-up check of consumers.</summary>
public sealed class ChannelLayerRegistrations
{
    private readonly OrderedDictionary<string, LayerOptionsSetup?> _setups = new(StringComparer.Ordinal);

    internal ChannelLayerRegistrations()
    {
    }

    /// <summary>The aliases, in the order of registration.</summary>
    public IReadOnlyList<string> Aliases => _setups.Keys;

    /// <summary>The sections of the layers whose options are known.</summary>
    internal IEnumerable<KnownSection> Sections => _setups
        .Where(layer => layer.Value is not null)
        .Select(layer => new KnownSection(ChannelLayerAliases.Section(layer.Key), layer.Value!.Keys));

    /// <summary>The complaint about an alias that no layer has: with the nearest one, those there are, and the remedy.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="alias">The alias.</param>
    internal static InvalidOperationException Unknown(IServiceProvider services, string alias)
    {
        IReadOnlyList<string> aliases = (services.GetService(typeof(ChannelLayerRegistrations)) as ChannelLayerRegistrations)?.Aliases ?? [];
        return new($"There is no channel layer '{HeaderText.Escape(alias)}'{NearestName.Hint(alias, aliases)} "
            + (aliases.Count == 0 ? "No layer is registered: call services.AddChannels()." : $"Registered are: {string.Join(", ", aliases)}. Name one of these, or add it to services.AddChannels()."));
    }

    internal void Set(string alias, LayerOptionsSetup? setup)
    {
        ArgumentException.ThrowIfNullOrEmpty(alias);
        if (alias.Contains(':', StringComparison.Ordinal))
        {
            throw new ArgumentException($"The layer alias '{HeaderText.Escape(alias)}' holds a colon, which separates the parts of configuration keys; choose another one.", nameof(alias));
        }

        _setups[alias] = setup;
    }

    /// <summary>How the options of the alias are made, when its layer is one with such options.</summary>
    internal LayerOptionsSetup<TOptions>? Find<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(string? alias)
        where TOptions : ChannelLayerOptions =>
        alias is null ? null : _setups.GetValueOrDefault(alias) as LayerOptionsSetup<TOptions>;
}
