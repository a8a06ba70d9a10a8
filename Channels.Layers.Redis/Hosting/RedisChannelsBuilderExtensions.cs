using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Layers.Redis;

/// <summary>Registers Redis layers.</summary>
public static class RedisChannelsBuilderExtensions
{
    /// <summary>
    /// Adds a layer in the core layout: messages wait in Redis, workers share channels. Options come from
    /// <c>Channels:Layers:&lt;alias&gt;</c>.
    /// </summary>
    /// <param name="builder">What <c>services.AddChannels()</c> gave.</param>
    /// <param name="alias">The layer's alias. Default <c>default</c>.</param>
    /// <param name="configure">Changes the options after configuration was read. Default nothing.</param>
    public static ChannelsBuilder AddRedisLayer(this ChannelsBuilder builder, string alias = ChannelLayerAliases.Default, Action<RedisLayerOptions>? configure = null) =>
        Add(builder, alias, configure, static (services, alias, options) => new RedisCoreLayer(
            alias, options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ChannelsMetrics>(), services.GetRequiredService<ILogger<RedisCoreLayer>>()));

    /// <summary>
    /// Adds a layer in the pub/sub layout: nothing is stored, groups may be large and busy; no workers. Options come from
    /// <c>Channels:Layers:&lt;alias&gt;</c>.
    /// </summary>
    /// <param name="builder">What <c>services.AddChannels()</c> gave.</param>
    /// <param name="alias">The layer's alias. Default <c>default</c>.</param>
    /// <param name="configure">Changes the options after configuration was read. Default nothing.</param>
    public static ChannelsBuilder AddRedisPubSubLayer(this ChannelsBuilder builder, string alias = ChannelLayerAliases.Default, Action<RedisLayerOptions>? configure = null) =>
        Add(builder, alias, configure, static (services, alias, options) => new RedisPubSubLayer(
            alias, options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ChannelsMetrics>(), services.GetRequiredService<ILogger<RedisPubSubLayer>>()));

    private static ChannelsBuilder Add(ChannelsBuilder builder, string alias, Action<RedisLayerOptions>? configure, Func<IServiceProvider, string, RedisLayerOptions, IChannelLayer> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RedisLayerOptions>, RedisLayerOptionsValidator>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RedisLayerStarter>());
        builder.Services.AddDefaultCheck(alias);
        return builder.AddLayer(
            alias,
            static (RedisLayerOptions options, IConfiguration section) => section.Bind(options),
            configure,
            (services, options) => create(services, alias, options))
            .AddHistory(alias, services => new RedisHistory(
                (IHistoryLayer)services.GetRequiredKeyedService<IChannelLayer>(alias), // whoever registers another layer there takes this away
                services.GetRequiredService<IOptions<HistoryOptions>>().Value))
            .AddPresence(alias, services => new RedisPresence(
                (IHistoryLayer)services.GetRequiredKeyedService<IChannelLayer>(alias),
                services.GetRequiredService<IOptions<HistoryOptions>>().Value,
                services.GetRequiredService<IOptions<PresenceOptions>>().Value))
            .AddLeasedState(alias, services => new RedisLeasedState((IHistoryLayer)services.GetRequiredKeyedService<IChannelLayer>(alias)));
    }
}
