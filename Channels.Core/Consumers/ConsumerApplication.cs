using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Channels;

/// <summary>
/// A consumer class as an application: makes a dependency-injection scope and an instance for each connection, runs it,
/// and cleans up exactly once. Obtained from <see cref="Consumer.Of{TConsumer}"/>.
/// </summary>
/// <typeparam name="TConsumer">The consumer class.</typeparam>
public sealed class ConsumerApplication<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TConsumer> : IConsumerNode
    where TConsumer : Consumer
{
    private readonly object[] _arguments;
    private readonly ObjectFactory<TConsumer> _create;
    private readonly string? _layerAlias = typeof(TConsumer).GetCustomAttribute<ChannelLayerAttribute>()?.Alias;
    private readonly bool _scopePerEvent = typeof(TConsumer).IsDefined(typeof(ScopePerEventAttribute));
    private ConsumerFaults? _faults;

    internal ConsumerApplication(object[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (Array.IndexOf(arguments, null) is var missing and >= 0)
        {
            throw new ArgumentException($"Argument {missing} for {typeof(TConsumer).Name} is null; its type cannot be known, so it cannot be matched to a constructor parameter.", nameof(arguments));
        }

        _arguments = arguments;
        try
        {
            _create = ActivatorUtilities.CreateFactory<TConsumer>([.. arguments.Select(a => a.GetType())]);
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidOperationException($"{typeof(TConsumer).Name} cannot be constructed: it needs one public constructor that takes {(arguments.Length == 0 ? "services only" : "the given arguments and services")}. {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public string Description => typeof(TConsumer).Name;

    /// <summary>The consumer class.</summary>
    public Type ConsumerType => typeof(TConsumer);

    /// <inheritdoc/>
    IReadOnlyList<ApplicationBranch> IApplicationNode.Branches => [];

    /// <summary>The consumer as an application.</summary>
    /// <param name="consumer">The consumer.</param>
    public static implicit operator Application(ConsumerApplication<TConsumer> consumer)
    {
        ArgumentNullException.ThrowIfNull(consumer);
        return consumer.InvokeAsync;
    }

    /// <summary>The consumer as an application.</summary>
    public Application ToApplication() => InvokeAsync;

    /// <inheritdoc/>
    public void Prepare(IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (_layerAlias is not null && services.GetKeyedService<IChannelLayer>(_layerAlias) is null)
        {
            throw UnknownLayer(services);
        }

        ConsumerConstruction.Check(typeof(TConsumer), _arguments, services);
        foreach (var check in typeof(TConsumer).GetCustomAttributes<ConsumerCheckAttribute>(inherit: true))
        {
            check.Check(typeof(TConsumer), services);
        }
    }

    /// <inheritdoc/>
    JsonMessageContracts? IConsumerNode.FindMessages(IServiceProvider services)
    {
        if (!typeof(TConsumer).IsAssignableTo(typeof(IJsonMessages)))
        {
            return null;
        }

        using var scope = services.CreateScope();
        var consumer = _create(scope.ServiceProvider, _arguments);
        try
        {
            return ((IJsonMessages)(object)consumer).Contracts;
        }
        finally
        {
            ConsumerConstruction.DisposeAsync(consumer).AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>Serves one connection with a new instance.</summary>
    /// <param name="scope">The facts about the connection.</param>
    /// <param name="receive">Waits for the next event from the peer.</param>
    /// <param name="send">Sends an event to the peer.</param>
    public Task InvokeAsync(Scope scope, Receive receive, Send send)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(receive);
        ArgumentNullException.ThrowIfNull(send);
        ConsumerContext context;
        try
        {
            context = MakeContext(scope, receive, send);
        }
        catch (Exception error)
        {
            return Task.FromException(error);
        }

        return RunAsync(context);
    }

    private ConsumerContext MakeContext(Scope scope, Receive receive, Send send)
    {
        if (scope is LifespanScope)
        {
            throw new UnsupportedScopeException(Description, scope, "connections");
        }

        scope.Exchange?.Application = Description;

        // Null without a host, as in a bare unit test: the consumer then sees the scope's own services.
        var host = scope.Services;
        var services = host.GetService<IServiceScopeFactory>() is { } factory ? new ConnectionServices(factory) : null;
        var layer = FindLayer(host);
        if (layer is null && _layerAlias is not null)
        {
            throw UnknownLayer(host);
        }

        scope = services is null ? scope : scope with { Services = services };
        return new ConsumerContext(scope, receive, send, layer, FindFaults(host), _scopePerEvent && services is not null);
    }

    // No method on the way waits for the one below it: each would be a frame kept per idle socket.
    private Task RunAsync(ConsumerContext context)
    {
        TConsumer? consumer = null;
        ConsumerLoop loop;
        try
        {
            consumer = _create(context.Scope.Services, _arguments);
            if (consumer.Served is { } served && context.Scope.Type != served)
            {
                throw new UnsupportedScopeException(Description, context.Scope, served);
            }

            loop = new ConsumerLoop(consumer, context);
        }
        catch (Exception error)
        {
            return ConsumerEnd.RunAsync(typeof(TConsumer), consumer, context, error).AsTask();
        }

        return loop.RunAsync();
    }

    // Without AddChannels each application counts and logs for itself.
    private ConsumerFaults FindFaults(IServiceProvider services) => services.GetService<ConsumerFaults>()
        ?? (_faults ??= new ConsumerFaults(
            services.GetService<ChannelsMetrics>() ?? new ChannelsMetrics(), services.GetService<TimeProvider>() ?? TimeProvider.System, ConsumerContext.Logger(services)));

    private IChannelLayer? FindLayer(IServiceProvider services) => services is IKeyedServiceProvider
        ? services.GetKeyedService<IChannelLayer>(_layerAlias ?? ChannelLayerAliases.Default)
        : services.GetService<IChannelLayer>();

    private InvalidOperationException UnknownLayer(IServiceProvider services) =>
        new($"[ChannelLayer] of {typeof(TConsumer).Name}: {ChannelLayerRegistrations.Unknown(services, _layerAlias!).Message}"); // asked only when there is an alias
}
