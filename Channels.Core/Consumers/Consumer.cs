using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace Channels;

/// <summary>
/// The base of every consumer: one instance serves one connection, its events and its layer messages one at a time, in
/// the order of arrival. Derive from <see cref="WebSocketConsumer"/>, <see cref="HttpConsumer"/>, or from this class for
/// workers and protocols of your own.
/// </summary>
/// <remarks>
/// Constructor parameters come from the connection's dependency-injection scope. Handlers never overlap; waiting in a
/// handler for a message to oneself would wait for ever. Members are for the consumer's own handlers unless they say
/// otherwise.
/// </remarks>
public abstract class Consumer
{
    private ConsumerContext? _context;
    private int _ended;

    /// <summary>The facts about the connection; <see cref="Channels.Scope.Services"/> is the connection's own scope.</summary>
    public Scope Scope { get; private set; } = null!; // set by Attach before any handler runs

    /// <summary>The layer; null when none is configured.</summary>
    /// <exception cref="InvalidOperationException">Never; use <see cref="RequireLayer"/> for a clear error.</exception>
    protected IChannelLayer? Layer => Context.Layer;

    /// <summary>The name of the consumer's own channel: what others send direct messages to. Null without a layer.</summary>
    public string? ChannelName => _context?.Inbox?.Name;

    /// <summary>The groups the consumer is a member of; they are left when it ends, whatever ends it.</summary>
    protected ConsumerGroups Groups => Context.Groups;

    /// <summary>What the routers took from the path.</summary>
    protected RouteMatch Route => Scope.Route;

    /// <summary>Fires at once when the peer goes away or the server gives up, also while a handler is busy.</summary>
    protected CancellationToken Aborted => Scope.Aborted;

    /// <summary>
    /// Services of the event at hand when the class carries <see cref="ScopePerEventAttribute"/>, else those of the
    /// connection.
    /// </summary>
    protected IServiceProvider EventServices => Context.EventServices ?? Scope.Services;

    /// <summary>The groups to join before the first event is handled. Default none. Needs a layer.</summary>
    protected virtual IEnumerable<string> InitialGroups => [];

    internal bool IsStopped { get; private set; }

    /// <summary>The scope types this kind of consumer serves; null for any connection.</summary>
    private protected virtual string? ServedScope => null;

    internal ChannelMessage? CurrentMessage { get; private set; }

    private ConsumerContext Context => _context
        ?? throw new InvalidOperationException($"{GetType().Name} is not connected yet: scope, layer and groups exist from the first handler on, not in the constructor.");

    /// <summary>The consumer class as an application: a new instance for each connection.</summary>
    /// <typeparam name="TConsumer">The consumer class.</typeparam>
    /// <param name="arguments">Constructor arguments that do not come from dependency injection, the same for every instance.</param>
    public static ConsumerApplication<TConsumer> Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TConsumer>(params object[] arguments)
        where TConsumer : Consumer => new(arguments);

    /// <summary>
    /// Hands an event to its handler. A generated override picks the <see cref="HandlesAttribute"/> method; a
    /// hand-written override does the same with a <c>switch</c> and calls the base for the rest.
    /// </summary>
    /// <param name="message">An event of the connection, or a <see cref="ChannelMessage"/>.</param>
    /// <exception cref="NotSupportedException">The connection sent an event that this kind of consumer does not know.</exception>
    protected virtual ValueTask DispatchAsync(Event message) => message is ChannelMessage unknown
        ? DropMessage(unknown, ConsumerDropReason.UnknownType, "no [Handles] method has this type")
        : throw new NotSupportedException($"{GetType().Name} does not handle the event '{message?.Type}'; override DispatchAsync or mark a method with [Handles].");

    /// <summary>Runs once when the consumer ends, whatever ended it, before it leaves its groups. Default nothing.</summary>
    /// <param name="failed">True when one of the consumer's own handlers failed.</param>
    protected virtual ValueTask OnEndAsync(bool failed) => ValueTask.CompletedTask;

    /// <summary>Sends an event to the peer. Thread-safe.</summary>
    /// <param name="message">The event.</param>
    protected ValueTask SendAsync(Event message) => Context.Send(message, CancellationToken.None);

    /// <summary>Ends the consumer after the current handler, without an error.</summary>
    protected void Stop() => IsStopped = true;

    /// <summary>The layer, or an error that tells how to get one.</summary>
    /// <exception cref="InvalidOperationException">No layer is configured.</exception>
    protected IChannelLayer RequireLayer() => Layer
        ?? throw new InvalidOperationException($"{GetType().Name} needs a channel layer, but none is configured: call services.AddChannels().");

    /// <summary>
    /// Drops a layer message that cannot be handled: counted, and logged once per type. In a mixed fleet a new message
    /// type must not close every socket of a group.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="reason">Why.</param>
    /// <param name="detail">What exactly is wrong.</param>
    protected ValueTask DropMessage(ChannelMessage message, ConsumerDropReason reason, string detail)
    {
        ArgumentNullException.ThrowIfNull(message);
        Context.Drops.Record(GetType(), message, reason, detail);
        return ValueTask.CompletedTask;
    }

    internal async ValueTask AttachAsync(Scope scope, ConsumerContext context)
    {
        if (scope is LifespanScope || (ServedScope is { } served && scope.Type != served))
        {
            throw new UnsupportedScopeException(GetType().Name, scope, ServedScope ?? "connections");
        }

        Scope = scope;
        _context = context;
        foreach (var group in InitialGroups)
        {
            await context.Groups.AddAsync(group);
        }
    }

    internal ValueTask HandleAsync(Event message)
    {
        CurrentMessage = message as ChannelMessage;
        return Context.ScopePerEvent ? HandleScopedAsync(message) : DispatchAsync(message);
    }

    /// <summary>Clean-up, exactly once: the consumer's own hook first, then its groups and its channel.</summary>
    internal async ValueTask EndAsync(bool failed)
    {
        if (_context is null || Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return; // never attached, or ended already
        }

        IsStopped = true;
        try
        {
            await OnEndAsync(failed);
        }
        finally
        {
            await Context.Groups.LeaveAllAsync();
            if (Context.Inbox is { } inbox)
            {
                await inbox.DisposeAsync();
            }
        }
    }

    private async ValueTask HandleScopedAsync(Event message)
    {
        await using var services = Scope.Services.CreateAsyncScope();
        Context.EventServices = services.ServiceProvider;
        try
        {
            await DispatchAsync(message);
        }
        finally
        {
            Context.EventServices = null;
        }
    }
}
