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
/// otherwise. A handler for a WebSocket or a request that sends to a peer who has gone, or is cancelled by
/// <see cref="Aborted"/>, ends the consumer without an error; any other exception ends the connection as a failure.
/// </remarks>
public abstract class Consumer
{
    private ConsumerContext? _context;
    private volatile bool _stopped;
    private bool _leaving;

    /// <summary>The facts about the connection; <see cref="Channels.Scope.Services"/> is the connection's own scope.</summary>
    /// <exception cref="InvalidOperationException">Read in the constructor.</exception>
    public Scope Scope => Context.Scope;

    /// <summary>The layer; null when none is configured. See <see cref="RequireLayer"/>.</summary>
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

    /// <summary>Whether the connection begins with a request event and ends with a disconnect event, as the built-in protocols do.</summary>
    internal virtual bool IsRequest => false;

    /// <summary>The scope types this kind of consumer serves; null for any connection.</summary>
    internal virtual string? ServedScope => null;

    internal bool IsStopped => _stopped;

    /// <summary>Whether only the disconnect event is delivered any more.</summary>
    internal bool IsLeaving => _leaving;

    /// <summary>Whether messages made by <see cref="ChannelMessage.Forward"/> go to the peer, past every handler.</summary>
    internal virtual bool PassesForwards => false;

    /// <summary>The layer message being handled; null while another event is.</summary>
    internal ChannelMessage? CurrentMessage { get; private set; }

    private protected ConsumerContext Context => _context
        ?? throw new InvalidOperationException($"{GetType().Name} is not connected yet: scope, layer and groups exist from the first handler on, not in the constructor.");

    /// <summary>The consumer class as an application: a new instance for each connection.</summary>
    /// <typeparam name="TConsumer">The consumer class.</typeparam>
    /// <param name="arguments">Constructor arguments that do not come from dependency injection, the same for every instance.</param>
    /// <exception cref="InvalidOperationException">The class has no suitable public constructor.</exception>
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
    /// <exception cref="IllegalEventException">The event is not legal in the connection's state.</exception>
    /// <exception cref="ConnectionClosedException">The connection has ended; need not be caught.</exception>
    protected ValueTask SendAsync(Event message) =>
        message is WebSocketSend ? Context.Send(message, CancellationToken.None) : SendAndNoteAsync(message);

    /// <summary>Ends the consumer after the current handler, without an error. Thread-safe.</summary>
    protected void Stop()
    {
        _stopped = true;
        Context.Signal.Wake();
    }

    /// <summary>
    /// Starts work that goes on while later events are handled: the only right way to leave something running behind a
    /// handler. It is cancelled when the peer goes away or the consumer ends, and awaited before the consumer is
    /// disposed. Its failure ends the consumer like that of a handler: the server logs it and closes with 1011.
    /// </summary>
    /// <param name="work">
    /// The work; it runs on the thread pool beside the handlers, so it must not touch their fields unguarded, and it
    /// must heed its token.
    /// </param>
    /// <exception cref="InvalidOperationException">The consumer has ended.</exception>
    protected void Detach(Func<CancellationToken, Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var context = Context;
        if (context.HasEnded)
        {
            throw new InvalidOperationException($"{GetType().Name} has ended; nothing can be detached from it any more.");
        }

        context.Detached ??= new DetachedWork(context.Signal, context.Scope.Aborted);
        context.Detached.Start(work);
    }

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

    /// <summary>Called after an event other than a WebSocket message was sent.</summary>
    private protected virtual void OnSent(Event message)
    {
    }

    /// <summary>Whether the event ends the connection: the only one that counts once the consumer is leaving.</summary>
    private protected virtual bool IsDisconnect(Event message) => false;

    /// <summary>From now on only the disconnect event is delivered: what else comes has nobody to be answered to.</summary>
    internal void Leave() => _leaving = true;

    internal async ValueTask AttachAsync(ConsumerContext context)
    {
        _context = context;
        foreach (var group in InitialGroups)
        {
            await context.Groups.AddAsync(group);
        }
    }

    internal ValueTask DeliverAsync(Event message)
    {
        if (_leaving && !IsDisconnect(message))
        {
            return ValueTask.CompletedTask;
        }

        CurrentMessage = message as ChannelMessage;
        if (PassesForwards && CurrentMessage is { Forwarded: { } forwarded })
        {
            return Context.Send(forwarded, CancellationToken.None);
        }

        return Context.ScopePerEvent ? InEventScopeAsync(message) : DispatchAsync(message);
    }

    /// <summary>An idle consumer must not keep the last message alive.</summary>
    internal void Delivered() => CurrentMessage = null;

    /// <summary>Clean-up: background work is cancelled, the consumer's own hook runs, its groups are left.</summary>
    internal async ValueTask EndAsync(ConsumerEnd end)
    {
        if (_context is not { } context)
        {
            return; // never attached
        }

        _stopped = true;
        CurrentMessage = null;
        context.HasEnded = true;
        if (context.Detached is { } detached)
        {
            await end.RunAsync("cancelling detached work", detached, static work => new ValueTask(work.CancelAsync()));
        }

        await end.RunAsync(nameof(OnEndAsync), this, static consumer => consumer.EndInScopeAsync());
        await end.RunAsync("leaving its groups", context.Groups, static groups => groups.LeaveAllAsync());
    }

    /// <summary>Waits for background work, because nothing of the connection may be disposed under it.</summary>
    internal async ValueTask EndDetachedAsync(ConsumerEnd end)
    {
        if (_context?.Detached is not { } detached)
        {
            return;
        }

        foreach (var error in await detached.EndAsync())
        {
            end.Add("detached work", error);
        }

        detached.Dispose();
    }

    private ValueTask EndInScopeAsync() => Context.ScopePerEvent ? InEventScopeAsync(null) : OnEndAsync(Context.HandlerFailed);

    /// <summary>Handles the event, or null for the end, with services of its own.</summary>
    private async ValueTask InEventScopeAsync(Event? message)
    {
        await using var services = Scope.Services.CreateAsyncScope();
        Context.EventServices = services.ServiceProvider;
        try
        {
            await (message is null ? OnEndAsync(Context.HandlerFailed) : DispatchAsync(message));
        }
        finally
        {
            Context.EventServices = null;
        }
    }

    private async ValueTask SendAndNoteAsync(Event message)
    {
        await Context.Send(message, CancellationToken.None);
        OnSent(message);
    }
}
