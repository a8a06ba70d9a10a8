using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Channels;

/// <summary>
/// A consumer class as an application: makes a dependency-injection scope and an instance for each connection, runs it,
/// and cleans up exactly once. Obtained from <see cref="Consumer.Of{TConsumer}"/>.
/// </summary>
/// <typeparam name="TConsumer">The consumer class.</typeparam>
public sealed class ConsumerApplication<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TConsumer> : IApplicationNode
    where TConsumer : Consumer
{
    private readonly object[] _arguments;
    private readonly ObjectFactory<TConsumer> _create;
    private readonly string? _layerAlias = typeof(TConsumer).GetCustomAttribute<ChannelLayerAttribute>()?.Alias;
    private readonly bool _scopePerEvent = typeof(TConsumer).IsDefined(typeof(ScopePerEventAttribute));

    internal ConsumerApplication(object[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
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
    public IReadOnlyList<ApplicationBranch> Branches => [];

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
            throw new InvalidOperationException($"{typeof(TConsumer).Name} asks for the channel layer '{_layerAlias}', which is not registered; add it with services.AddChannels().");
        }

        ConsumerConstruction.Check(typeof(TConsumer), _arguments, services);
    }

    /// <summary>Serves one connection with a new instance.</summary>
    /// <param name="scope">The facts about the connection.</param>
    /// <param name="receive">Waits for the next event from the peer.</param>
    /// <param name="send">Sends an event to the peer.</param>
    public async Task InvokeAsync(Scope scope, Receive receive, Send send)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(receive);
        ArgumentNullException.ThrowIfNull(send);
        if (scope is LifespanScope)
        {
            throw new UnsupportedScopeException(Description, scope, "connections"); // before a channel is opened for it
        }

        // Null without a host, as in a bare unit test: the consumer then sees the scope's own services.
        await using var services = scope.Services.GetService<IServiceScopeFactory>()?.CreateAsyncScope();
        var provider = services?.ServiceProvider ?? scope.Services;
        var layer = FindLayer(scope.Services);
        var inbox = layer is null ? null : await layer.OpenChannelAsync(cancellationToken: scope.Aborted);
        var consumer = _create(provider, _arguments);
        try
        {
            var drops = provider.GetService<ConsumerDrops>() ?? ConsumerDrops.Detached;
            var context = new ConsumerContext(send, layer, inbox, drops, _scopePerEvent && services is not null);
            await RunAsync(consumer, scope with { Services = provider }, context, receive);
        }
        finally
        {
            if (inbox is not null)
            {
                await inbox.DisposeAsync();
            }

            await ConsumerConstruction.DisposeAsync(consumer);
        }
    }

    private static async Task RunAsync(TConsumer consumer, Scope scope, ConsumerContext context, Receive receive)
    {
        var failed = true;
        try
        {
            await consumer.AttachAsync(scope, context);
            await new ConsumerLoop(consumer, receive, context.Inbox, scope.OutputCork).RunAsync();
            failed = false;
        }
        finally
        {
            await consumer.EndAsync(failed);
        }
    }

    private IChannelLayer? FindLayer(IServiceProvider services) => services is IKeyedServiceProvider
        ? services.GetKeyedService<IChannelLayer>(_layerAlias ?? ChannelLayerAliases.Default)
        : services.GetService<IChannelLayer>();
}
