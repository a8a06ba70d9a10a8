using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Channels.Extending;

/// <summary>Registers job queues and stores of dead letters of any kind; for the projects that implement one.</summary>
public static class JobBackendExtensions
{
    /// <summary>Adds a job queue of any kind: a keyed <see cref="IJobQueue"/>, the one called <c>default</c> without a key too.</summary>
    /// <param name="builder">What <c>services.AddChannels()</c> gave.</param>
    /// <param name="alias">The alias of the layer the queue goes with.</param>
    /// <param name="create">Makes the queue, once; a disposable one is disposed with the host.</param>
    public static ChannelsBuilder AddJobs(this ChannelsBuilder builder, string alias, Func<IServiceProvider, IJobQueue> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(alias);
        ArgumentNullException.ThrowIfNull(create);
        var services = builder.Services;
        services.AddSection<JobQueueOptions>(static (options, section) => section.Bind(options));
        services.RemoveAllKeyed<IJobQueue>(alias);
        services.AddKeyedSingleton(alias, (provider, _) => create(provider));
        if (alias == ChannelLayerAliases.Default)
        {
            services.TryAddSingleton(static provider => provider.GetRequiredKeyedService<IJobQueue>(ChannelLayerAliases.Default));
        }

        return builder;
    }

    /// <summary>Keeps dead letters in a store of any kind, in place of this process's memory.</summary>
    /// <param name="builder">What <c>services.AddChannels()</c> gave.</param>
    /// <param name="create">Makes the store, once; a disposable one is disposed with the host.</param>
    public static ChannelsBuilder AddDeadLetters(this ChannelsBuilder builder, Func<IServiceProvider, IDeadLetterStore> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        builder.Services.AddDeadLetterOptions();
        builder.Services.RemoveAll<IDeadLetterStore>();
        builder.Services.AddSingleton(create);
        return builder;
    }

    internal static void AddDeadLetterOptions(this IServiceCollection services)
    {
        services.AddSection<DeadLetterOptions>(static (options, section) => section.Bind(options));
        services.TryAddSingleton<DeadLetterDrops>();
    }
}
