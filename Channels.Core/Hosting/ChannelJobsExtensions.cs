using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>Registers job queues.</summary>
public static class ChannelJobsExtensions
{
    /// <summary>Adds a job queue in this process's memory, for tests and development. Options come from <c>Channels:Jobs</c>.</summary>
    /// <param name="builder">What <c>services.AddChannels()</c> gave.</param>
    /// <param name="alias">The alias of the layer the queue goes with. Default <c>default</c>.</param>
    public static ChannelsBuilder AddInMemoryJobs(this ChannelsBuilder builder, string alias = ChannelLayerAliases.Default) =>
        builder.AddJobs(alias, static services => new InMemoryJobQueue(services.GetRequiredService<IOptions<JobQueueOptions>>(), services.GetRequiredService<TimeProvider>()));
}
