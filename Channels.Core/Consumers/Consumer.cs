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
/// otherwise. A handler for a connection with a peer that sends to a peer who has gone, or is cancelled by
/// <see cref="Aborted"/>, ends the consumer without an error; any other exception goes to <see cref="OnErrorAsync"/>.
/// What makes a kind of consumer one stands in protected members: <see cref="ServedScopeType"/>, <see cref="HasPeer"/>,
/// <see cref="OpeningEvent"/>, <see cref="EndsConnection"/>, <see cref="PassOn"/>, <see cref="OnSent"/> and <see cref="CloseConnectionAsync"/>.
/// </remarks>
public abstract partial class Consumer : IPassOnRule
{
    private ConsumerContext? _context;
    private volatile bool _stopped;
    private bool _ignoring;

    /// <summary>The facts about the connection; <see cref="Channels.Scope.Services"/> is the connection's own scope.</summary>
    /// <exception cref="InvalidOperationException">Read in the constructor.</exception>
    public Scope Scope => Context.Scope;

    /// <summary>The layer; null when none is configured. See <see cref="RequireLayer"/>.</summary>
    protected IChannelLayer? Layer => Context.Layer;

    /// <summary>The name of the consumer's own channel: what others send direct messages to. Null without a layer.</summary>
    public string? ChannelName => _context?.Inbox?.Name;

    /// <summary>The groups the consumer is a member of; they are left when it ends, whatever ends it.</summary>
    protected ConsumerGroups Groups => Context.Groups;

    /// <summary>Where the layer message at hand stands in its group's history, for the client to come back with; null when it was only sent.</summary>
    protected HistoryPosition? MessagePosition => CurrentMessage?.Position;

    /// <summary>What the routers took from the path.</summary>
    protected RouteMatch Route => Scope.Route;

    /// <summary>Fires at once when the peer goes away or the server gives up, also while a handler is busy.</summary>
    protected CancellationToken Aborted => Scope.Aborted;

    /// <summary>
    /// Services of the event at hand when the class carries <see cref="ScopePerEventAttribute"/>, else those of the
    /// connection.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The class carries the attribute, but no event is at hand: in the constructor, in <see cref="InitialGroups"/>, or in detached
    /// work, which gets services of its own by <see cref="Detach(Func{IServiceProvider, CancellationToken, Task})"/>.
    /// </exception>
    protected IServiceProvider EventServices => Context.EventServices;

    /// <summary>The groups to join before the first event is handled; <c>groups</c> in Channels. Default none. Needs a layer.</summary>
    protected virtual IEnumerable<string> InitialGroups => [];

    /// <summary>The most groups the consumer may be in; joining one more throws <see cref="InvalidOperationException"/>. Default 10,000.</summary>
    protected virtual int MaxGroups => 10_000;

    /// <summary>The type of scope this kind of consumer serves, as in <see cref="Channels.Scope.Type"/>; null for any. Default null.</summary>
    protected virtual string? ServedScopeType => null;

    /// <summary>
    /// Whether a peer is at the other end: then the connection begins with an event of the peer's, before which no layer
    /// message is handled, and ends with the event that <see cref="EndsConnection"/> knows. Default false, as for workers.
    /// </summary>
    protected virtual bool HasPeer => false;

    /// <summary>
    /// The event with which a connection begins before anything was received, for protocols whose peer has said enough by
    /// connecting. Default null: the connection begins with what is received first.
    /// </summary>
    protected virtual Event? OpeningEvent => null;

    /// <summary>Whether what is sent goes straight to the connection's <see cref="IOutbox"/>: no middleware wants to see it.</summary>
    protected bool SendsDirectly => Context.Scope.Outbox is { } outbox && ReferenceEquals(Context.Send, outbox.Send);

    internal bool IsStopped => _stopped;

    internal bool IsRequest => HasPeer;

    internal string? Served => ServedScopeType;
    internal Event? Opening => OpeningEvent;

    /// <summary>Whether only the last event is delivered any more.</summary>
    internal bool IsIgnoring => _ignoring;

    /// <summary>The layer message being handled; null while another event is.</summary>
    internal ChannelMessage? CurrentMessage { get; private set; }

    internal ConsumerContext Context => _context
        ?? throw new InvalidOperationException($"{GetType().Name} is not connected yet: scope, services of events, layer and groups exist from the first handler on, not in the constructor, which takes what it needs as parameters.");

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
        ? DropMessageAsync(unknown, ConsumerDropReason.UnknownType, "no [Handles] method has this type")
        : throw new NotSupportedException($"{GetType().Name} does not handle the event '{message?.Type}'; override DispatchAsync or mark a method with [Handles].");

    /// <summary>Whether the event ends the connection: after <see cref="IgnoreUntilEnd"/> it is the only one that is handled. Default none does.</summary>
    /// <param name="message">An event of the connection.</param>
    protected virtual bool EndsConnection(Event message) => false;

    /// <summary>
    /// The event that this kind of consumer sends to its peer in a layer message's place, past every handler; null, the default,
    /// when the message is to be handled. Kept with the message for all consumers of the class in this process, so the answer must
    /// depend on the message alone: one event, and what the connection's wire makes of it, is then sent by all of them. Asked once,
    /// but for consumers that see the message first in the same moment: several may be asked at the same time, on their own
    /// threads, and one answer is kept. While the consumer sleeps it is not even woken, unless middleware has wrapped its
    /// <see cref="Send"/>.
    /// </summary>
    /// <param name="message">The message.</param>
    protected virtual Event? PassOn(ChannelMessage message) => null;

    /// <summary>Called after an event was sent, except for WebSocket messages: a protocol of your own follows its state here.</summary>
    /// <param name="message">The event.</param>
    protected virtual void OnSent(Event message)
    {
    }

    /// <summary>Closes the connection in the protocol's own way, for <see cref="ChannelMessage.CloseConnection"/> and <see cref="CloseAt"/>. Default ends the consumer.</summary>
    /// <param name="code">The close code, for protocols that have one.</param>
    /// <param name="reason">The reason, for protocols that tell one.</param>
    protected virtual ValueTask CloseConnectionAsync(int code, string reason)
    {
        Stop();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// A handler, detached work, or joining <see cref="InitialGroups"/> failed. Return true to go on with the next event, false
    /// to end the connection as a failure. The default goes on when the layer was unavailable, full or too slow and a peer is
    /// at the other end: an outage must not turn into a storm of reconnects. It is counted, and logged once per episode.
    /// Everything else ends the connection. Not asked when the peer has gone, nor when a handler asked the map of a layer message
    /// for an entry that it lacks or that is of another kind: such a message is dropped like one that does not bind.
    /// </summary>
    /// <param name="message">The event being handled; null for detached work and before the first event.</param>
    /// <param name="error">The failure.</param>
    protected virtual ValueTask<bool> OnErrorAsync(Event? message, Exception error) => new(HasPeer && IsLayerFailure(error));

    /// <summary>Whether an exception says that the layer was unavailable, full or too slow.</summary>
    /// <param name="error">The exception.</param>
    protected static bool IsLayerFailure(Exception error) => error is ChannelLayerUnavailableException or ChannelFullException;

    /// <summary>
    /// Messages of a group that the consumer follows are gone before it could have them: it was slower than what the history keeps, or
    /// the history was lost. What is still kept follows. The place to tell the client to load anew. Default nothing.
    /// </summary>
    /// <param name="group">The group.</param>
    protected virtual ValueTask OnHistoryGoneAsync(string group) => ValueTask.CompletedTask;

    /// <summary>Runs once when the consumer ends, whatever ended it, before it leaves its groups. Default nothing.</summary>
    /// <param name="failed">True when one of the consumer's own handlers failed.</param>
    protected virtual ValueTask OnEndAsync(bool failed) => ValueTask.CompletedTask;

    /// <summary>Sends an event to the peer. Thread-safe.</summary>
    /// <param name="message">The event.</param>
    /// <exception cref="IllegalEventException">The event is not legal in the connection's state.</exception>
    /// <exception cref="ConnectionClosedException">The connection has ended; need not be caught.</exception>
    protected ValueTask SendAsync(Event message) =>
        message is WebSocketSend ? Context.Send(message, CancellationToken.None) : SendAndNoteAsync(message);

    /// <summary>Sends a message to a channel of the layer, such as another consumer's <see cref="ChannelName"/> or a worker's.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="message">The message.</param>
    /// <exception cref="InvalidOperationException">No layer is configured.</exception>
    /// <exception cref="ChannelFullException">The channel is full.</exception>
    protected ValueTask SendToChannelAsync(string channel, ChannelMessage message) => RequireLayer().SendAsync(channel, message);

    /// <summary>Sends a typed record to a channel of the layer.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="channel">The channel.</param>
    /// <param name="message">The record.</param>
    /// <exception cref="InvalidOperationException">No layer is configured.</exception>
    /// <exception cref="ChannelFullException">The channel is full.</exception>
    protected ValueTask SendToChannelAsync<T>(string channel, T message)
        where T : class, ITypedMessage<T> => SendToChannelAsync(channel, ChannelMessage.Of(message));

    /// <summary>
    /// Takes the connection's next event inside the handler of one, for protocols whose events belong together, such as the
    /// parts of a body. The loop asks for none meanwhile.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting; nothing is lost.</param>
    /// <exception cref="InvalidOperationException">A layer message is being handled: then the loop itself waits for the next event.</exception>
    protected ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken) => CurrentMessage is null
        ? Context.Receive(cancellationToken)
        : throw new InvalidOperationException($"{GetType().Name} cannot receive while it handles a layer message; let the handlers of the connection's own events receive.");

    /// <summary>Ends the consumer after the current handler, without an error. Thread-safe.</summary>
    protected void Stop()
    {
        _stopped = true;
        Context.Wake();
    }

    /// <summary>From now on only the event that ends the connection is handled: what else comes has nobody to be answered to. Thread-safe.</summary>
    protected internal void IgnoreUntilEnd() => _ignoring = true;

    /// <summary>
    /// Replaces the facts about the connection by a changed copy, for example with another user after a login:
    /// <c>ReplaceScope(Scope with { User = user })</c>. For the consumer's own handlers.
    /// </summary>
    /// <param name="scope">The copy; it keeps type, services and <see cref="Channels.Scope.Aborted"/>.</param>
    /// <exception cref="ArgumentException">It is no copy of this connection's scope.</exception>
    protected internal void ReplaceScope(Scope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        var former = Context.Scope;
        if (scope.GetType() != former.GetType() || !ReferenceEquals(scope.Services, former.Services) || scope.Aborted != former.Aborted)
        {
            throw new ArgumentException("The scope is not a copy of this connection's own: change it by 'Scope with { … }' or Scope.With.", nameof(scope));
        }

        Context.Scope = scope;
    }

    /// <summary>
    /// Closes the connection at a time, for example when a login expires; calling it again replaces the time. By the host's
    /// <see cref="TimeProvider"/>.
    /// </summary>
    /// <param name="time">When; in the past closes at once. Null for never.</param>
    /// <param name="code">The close code. Default 1000.</param>
    /// <param name="reason">The reason for the peer.</param>
    protected void CloseAt(DateTimeOffset? time, int code = 1000, string reason = "")
    {
        Context.Closing?.Dispose();
        Context.Closing = time is { } when ? new TimedClose(when, Context.Scope.Services, () => CloseConnectionAsync(code, reason)) : null;
        if (Context.Closing is { } closing)
        {
            Detach(closing.RunAsync);
        }
    }

    /// <summary>
    /// From here to <see cref="EndBurst"/>, what this thread sends to groups wakes its receivers together, so that several messages leave
    /// each connection in one write; all are queued at once, and none waits for longer than some milliseconds. For consumers that
    /// run handlers of their own beside the loop, which does so for its own. The two calls come on one thread, with no wait between
    /// them. Nothing happens without a layer, or with one that delivers in a way of its own.
    /// </summary>
    protected void BeginBurst() => _context?.Mailbox?.Settings.Bursts?.Begin();

    /// <summary>Wakes whoever was left asleep since <see cref="BeginBurst"/>. On the same thread.</summary>
    protected void EndBurst() => _context?.Mailbox?.Settings.Bursts?.End();

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

        context.Detached ??= new DetachedWork(context);
        context.Detached.Start(work);
    }

    /// <summary>As <see cref="Detach(Func{CancellationToken, Task})"/>, with services of its own, which end with the work: the place for its database context.</summary>
    /// <param name="work">The work; it gets a fresh dependency-injection scope and the token it must heed.</param>
    /// <exception cref="InvalidOperationException">The consumer has ended.</exception>
    protected void Detach(Func<IServiceProvider, CancellationToken, Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        Detach(async token =>
        {
            await using var services = Scope.Services.CreateAsyncScope();
            await work(services.ServiceProvider, token);
        });
    }

    /// <summary>The layer, or an error that tells how to get one.</summary>
    /// <exception cref="InvalidOperationException">No layer is configured.</exception>
    protected IChannelLayer RequireLayer() => Layer
        ?? throw new InvalidOperationException($"{GetType().Name} needs a channel layer, but none is configured: call services.AddChannels().");

    Type IPassOnRule.Kind => GetType();

    Event? IPassOnRule.PassOn(ChannelMessage message) => PassOn(message);

    internal void Attach(ConsumerContext context) => (_context = context).Groups.Limit(GetType(), MaxGroups);

    internal async ValueTask AttachAsync(ConsumerContext context)
    {
        Attach(context);
        if (!await ConsumerMemberships.JoinAsync(context, InitialGroups))
        {
            IgnoreUntilEnd();
        }
    }

    internal ValueTask DeliverAsync(Event message)
    {
        if (_ignoring && !EndsConnection(message))
        {
            return ValueTask.CompletedTask;
        }

        CurrentMessage = message as ChannelMessage;
        if (message is HistoryGone gone)
        {
            return OnHistoryGoneAsync(gone.Group);
        }

        if (CurrentMessage is { } layerMessage)
        {
            if (layerMessage.PassedOnBy(this) is { } passedOn)
            {
                return Context.Send(passedOn, CancellationToken.None);
            }

            if (layerMessage.IsForConnection)
            {
                return ActAsync(layerMessage);
            }
        }

        return Context.ScopePerEvent ? Context.InEventScopeAsync((Consumer: this, Message: message), static handed => handed.Consumer.DispatchAsync(handed.Message)) : DispatchAsync(message);
    }

    /// <summary>Whether the consumer goes on after a failure that is not the peer's leaving.</summary>
    internal ValueTask<bool> SurvivesAsync(Event? message, Exception error)
    {
        if (HasPeer && Context.Faults.IsForeign(GetType(), message, error))
        {
            return new(true);
        }

        if (Layer is { } layer && IsLayerFailure(error))
        {
            Context.Faults.LayerFailed(GetType(), layer.Alias, error);
        }

        return Context.ScopePerEvent ? Context.JudgeInEventScopeAsync(() => OnErrorAsync(message, error)) : OnErrorAsync(message, error);
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
        context.Closing?.Dispose();
        context.Missed?.End();
        if (context.Detached is { } detached)
        {
            await end.RunAsync("cancelling detached work", detached, static work => new ValueTask(work.CancelAsync()));
        }

        await end.RunAsync(nameof(OnEndAsync), this, static consumer => consumer.Context.ScopePerEvent
            ? consumer.Context.InEventScopeAsync(consumer, static ending => ending.OnEndAsync(ending.Context.HandlerFailed))
            : consumer.OnEndAsync(consumer.Context.HandlerFailed));
        await end.RunAsync("leaving its groups", context.Groups, static groups => groups.LeaveAllAsync());
    }

    /// <summary>Waits for background work, because nothing of the connection may be disposed under it.</summary>
    internal ValueTask EndDetachedAsync(ConsumerEnd end) => _context?.Detached is { } detached ? detached.EndAsync(end) : ValueTask.CompletedTask;

    private ValueTask ActAsync(ChannelMessage message) =>
        message.IsRenewConnection ? message.TryRenew(Scope) ? ValueTask.CompletedTask : DropMessageAsync(message, ConsumerDropReason.NotBindable, "it needs a time in milliseconds since 1970")
        : message.TryReadClose(out var code, out var reason) ? CloseConnectionAsync(code, reason)
        : DropMessageAsync(message, ConsumerDropReason.NotBindable, "it needs a close code that a server may send, and a reason of at most 123 bytes");

    private async ValueTask SendAndNoteAsync(Event message)
    {
        await Context.Send(message, CancellationToken.None);
        OnSent(message);
    }
}
