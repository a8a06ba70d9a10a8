using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Channels.Kestrel;

/// <summary>
/// Puts a Channels program together: a host builder like any other, plus the <see cref="Root"/> application that its
/// server serves. Not thread-safe; build once.
/// </summary>
public sealed class ChannelsHostBuilder : IHostApplicationBuilder
{
    private readonly HostApplicationBuilder _inner;
    private readonly CommandLine _commandLine;
    private readonly string? _settingsFault;
    private readonly List<Action<KestrelServerOptions>> _kestrel = [];
    private Application? _root;
    private Func<IServiceProvider, Application>? _rootFactory;

    internal ChannelsHostBuilder(string[] arguments)
    {
        _commandLine = CommandLine.Parse(arguments);
        (_inner, _settingsFault) = HostSettings.Load([.. _commandLine.Configuration]);
        _inner.Services.AddChannels();
        _inner.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(static services => new StartLoggers(new LoggerFactory(
            services.GetServices<ILoggerProvider>(),
            services.GetRequiredService<IOptionsMonitor<LoggerFilterOptions>>(),
            services.GetService<IOptions<LoggerFactoryOptions>>(),
            services.GetService<IExternalScopeProvider>()))));
    }

    /// <summary>The application that serves everything. Setting it clears <see cref="RootFactory"/>.</summary>
    public Application? Root
    {
        get => _root;
        set => (_root, _rootFactory) = (value, null);
    }

    /// <summary>Makes the application from the host's services, once, when the host starts. Setting it clears <see cref="Root"/>.</summary>
    public Func<IServiceProvider, Application>? RootFactory
    {
        get => _rootFactory;
        set => (_root, _rootFactory) = (null, value);
    }

    /// <summary>What the first word of the command line that belongs to no switch may be; <c>serve</c> is the default.</summary>
    public IList<HostVerb> Verbs { get; } = [new ServeVerb(), new WorkerVerb(), new RoutesVerb(), new ContractVerb(), new LayerVerb(), new DeadLettersVerb()];

    /// <inheritdoc/>
    public IDictionary<object, object> Properties => ((IHostApplicationBuilder)_inner).Properties;

    /// <summary>The configuration: command line, environment, <c>appsettings.json</c>, in this order of strength.</summary>
    public ConfigurationManager Configuration => _inner.Configuration;

    IConfigurationManager IHostApplicationBuilder.Configuration => _inner.Configuration;

    /// <inheritdoc/>
    public IHostEnvironment Environment => _inner.Environment;

    /// <inheritdoc/>
    public ILoggingBuilder Logging => _inner.Logging;

    /// <inheritdoc/>
    public IMetricsBuilder Metrics => _inner.Metrics;

    /// <inheritdoc/>
    public IServiceCollection Services => _inner.Services;

    /// <inheritdoc/>
    public void ConfigureContainer<TContainerBuilder>(IServiceProviderFactory<TContainerBuilder> factory, Action<TContainerBuilder>? configure = null)
        where TContainerBuilder : notnull => _inner.ConfigureContainer(factory, configure);

    /// <summary>
    /// Changes Kestrel's own options by code, after the section <c>Kestrel</c> was applied: endpoints, HTTPS, limits
    /// of the transport.
    /// </summary>
    /// <param name="configure">The change.</param>
    public ChannelsHostBuilder ConfigureKestrel(Action<KestrelServerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _kestrel.Add(configure);
        return this;
    }

    /// <summary>Makes the host.</summary>
    /// <exception cref="InvalidOperationException">The command line is wrong; <see cref="RunAsync"/> would print why and return 2.</exception>
    /// <exception cref="InvalidDataException">The settings could not be read when the builder was made, and it was made without their files.</exception>
    public ChannelsHost Build()
    {
        if (_commandLine.FindError([.. Verbs]) is { } error)
        {
            throw new InvalidOperationException(error);
        }

        if (_settingsFault is not null)
        {
            throw new InvalidDataException(_settingsFault);
        }

        var verb = Verbs.First(verb => verb.Name == _commandLine.Verb); // else there was an error
        Services.AddServerParts(new RootApplication(_root, _rootFactory));
        foreach (var configure in _kestrel)
        {
            Services.Configure(configure);
        }

        if (verb.LogsToError)
        {
            Services.Configure<ConsoleLoggerOptions>(static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        }

        verb.Configure(this, _commandLine.Words);
        if (verb.Serves)
        {
            Services.AddServerHost(); // last in, so that it starts after and stops before everything the application registered
        }

        return new ChannelsHost(_inner.Build(), verb, _commandLine.Words);
    }

    /// <summary>
    /// Builds the host and does what the command line says: serve until the process is told to stop, or another verb.
    /// </summary>
    /// <param name="cancellationToken">Stops the host.</param>
    /// <returns>The exit code: 0 when all went well, 1 for a failure, 2 for a wrong command line; the reason is on standard error.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken = default)
    {
        if (await _commandLine.AnswerAsync([.. Verbs], Console.Out, cancellationToken) is { } answered)
        {
            return answered;
        }

        if (_commandLine.FindError([.. Verbs]) is { } complaint)
        {
            await Console.Error.WriteLineAsync(complaint);
            return 2;
        }

        ChannelsHost host;
        try
        {
            host = Build();
        }
        catch (Exception error)
        {
            await Console.Error.WriteLineAsync(error.Message.ReplaceLineEndings(" "));
            return error is ArgumentException ? 2 : 1; // 2: a verb did not like its words
        }

        await using (host)
        {
            return await host.RunAsync(cancellationToken);
        }
    }
}
