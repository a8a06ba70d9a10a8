using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Workers;

/// <summary>A Generic Host with one worker, as a user of a console program would write it.</summary>
internal static class WorkerHarness
{
    public static async Task<IHost> StartAsync(string channel, Application? application, Action<ChannelWorkerOptions>? configure = null, Action<IServiceCollection>? services = null, IDictionary<string, string?>? settings = null)
    {
        var host = Build(channel, application, configure, services, settings);
        await host.StartAsync();
        return host;
    }

    public static IHost Build(string channel, Application? application, Action<ChannelWorkerOptions>? configure = null, Action<IServiceCollection>? services = null, IDictionary<string, string?>? settings = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([new($"Channels:Workers:{channel}:StopTimeout", $"{Eventually.Patience}")]); // no slow machine cuts a job off
        builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddChannelWorker(channel, application, options =>
        {
            options.RetryDelay = TimeSpan.Zero;
            options.ErrorDelay = TimeSpan.FromMilliseconds(10);
            configure?.Invoke(options);
        });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = Eventually.Patience);
        services?.Invoke(builder.Services);
        return builder.Build();
    }

    /// <summary>A function that serves channels only, as a worker's application usually does.</summary>
    public static Application ChannelFunction(Application application) => (scope, receive, send) =>
        scope is ChannelScope ? application(scope, receive, send) : throw new UnsupportedScopeException("the function", scope, "channel");

    public static IChannelLayer Layer(this IHost host) => host.Services.GetRequiredService<IChannelLayer>();

    public static IDeadLetterStore DeadLetters(this IHost host) => host.Services.GetRequiredService<IDeadLetterStore>();

    public static ChannelMessage Job(long number) => new("job", new MessageMap { ["n"] = number });

    public static long Number(this ChannelMessage message) => message.Fields["n"].GetInt64();

    /// <summary>Waits for the first dead letter of the channel "jobs".</summary>
    public static async Task<DeadLetter> FirstLetterAsync(IHost host)
    {
        DeadLetter? letter = null;
        await Eventually.Is(async () => (letter = await host.DeadLetters().ListAsync("jobs") is [var first, ..] ? first : null) is not null);
        return letter!; // the condition says so
    }
}
