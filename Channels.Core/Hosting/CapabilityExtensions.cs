using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Channels.Extending;

/// <summary>Registers what goes beyond the contract of layers, for the projects that implement it: under the alias of the layer that it goes with.</summary>
public static class CapabilityExtensions
{
    /// <summary>Adds a history of any kind: a keyed <see cref="IGroupHistory"/>, the one called <c>default</c> without a key too. Its layer comes first: adding that takes away what was there.</summary>
    /// <param name="builder">What <c>services.AddChannels()</c> gave.</param>
    /// <param name="alias">The alias of the layer whose groups it knows.</param>
    /// <param name="create">Makes the history, once, when it is first asked for; a disposable one is disposed with the host.</param>
    public static ChannelsBuilder AddHistory(this ChannelsBuilder builder, string alias, Func<IServiceProvider, IGroupHistory> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(alias);
        ArgumentNullException.ThrowIfNull(create);
        var services = builder.Services;
        services.AddSection<HistoryOptions>(static (options, section) => section.Bind(options));
        services.RemoveAllKeyed<IGroupHistory>(alias);
        services.AddKeyedSingleton(alias, (provider, _) => create(provider));
        if (alias == ChannelLayerAliases.Default)
        {
            services.TryAddSingleton(static provider => provider.GetRequiredKeyedService<IGroupHistory>(ChannelLayerAliases.Default));
        }

        return builder;
    }

    /// <summary>Adds presence of any kind: a keyed <see cref="IGroupPresence"/>, the one called <c>default</c> without a key too. Its layer comes first: adding that takes away what was there.</summary>
    /// <param name="builder">What <c>services.AddChannels()</c> gave.</param>
    /// <param name="alias">The alias of the layer that it goes with.</param>
    /// <param name="create">Makes it, once, when it is first asked for; a disposable one is disposed with the host.</param>
    public static ChannelsBuilder AddPresence(this ChannelsBuilder builder, string alias, Func<IServiceProvider, IGroupPresence> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(alias);
        ArgumentNullException.ThrowIfNull(create);
        var services = builder.Services;
        services.AddSection<PresenceOptions>(static (options, section) => section.Bind(options));
        services.RemoveAllKeyed<IGroupPresence>(alias);
        services.RemoveAllKeyed<PresenceGrace>(alias);
        services.AddKeyedSingleton(alias, (provider, _) => create(provider));
        services.AddKeyedSingleton(alias, static (provider, key) => new PresenceGrace(
            provider.GetRequiredKeyedService<IGroupPresence>(key),
            provider.GetRequiredService<IOptions<PresenceOptions>>().Value.Grace,
            provider.GetRequiredService<TimeProvider>()));
        if (alias == ChannelLayerAliases.Default)
        {
            services.TryAddSingleton(static provider => provider.GetRequiredKeyedService<IGroupPresence>(ChannelLayerAliases.Default));
        }

        return builder;
    }

    /// <summary>Adds leased state of any kind: a keyed <see cref="ILeasedState"/>. Its layer comes first: adding that takes away what was there.</summary>
    /// <param name="builder">What <c>services.AddChannels()</c> gave.</param>
    /// <param name="alias">The alias of the layer that it goes with.</param>
    /// <param name="create">Makes it, once, when it is first asked for; a disposable one is disposed with the host.</param>
    public static ChannelsBuilder AddLeasedState(this ChannelsBuilder builder, string alias, Func<IServiceProvider, ILeasedState> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(alias);
        ArgumentNullException.ThrowIfNull(create);
        builder.Services.RemoveAllKeyed<ILeasedState>(alias);
        builder.Services.AddKeyedSingleton(alias, (provider, _) => create(provider));
        return builder;
    }
}
