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
/// What makes a kind of consumer one is overridden from <see cref="ConsumerKind"/>.
/// </remarks>
public abstract class Consumer : ConsumerKind
{
    /// <summary>The facts about the connection; <see cref="Channels.Scope.Services"/> is the connection's own scope.</summary>
    /// <exception cref="InvalidOperationException">Read in the constructor.</exception>
    public Scope Scope => Context.Scope;

    /// <summary>The layer; null when none is configured. See <see cref="RequireLayer"/>.</summary>
    protected IChannelLayer? Layer => Context.Layer;

    /// <summary>The name of the consumer's own channel: what others send direct messages to. Null without a layer.</summary>
    public string? ChannelName => ContextOrNull?.Inbox?.Name;

    /// <summary>The groups the consumer is a member of; they are left when it ends, whatever ends it.</summary>
    protected ConsumerGroups Groups => Context.Groups;

    /// <summary>
    /// Asks other channels. A handler that waits for an answer keeps the next event waiting, and one that asks its own channel waits
    /// for ever: <see cref="Detach(Func{CancellationToken, Task})"/> the work then.
    /// </summary>
    /// <exception cref="InvalidOperationException">No layer is configured.</exception>
    protected ChannelRequests Requests => Context.RequireRequests(RequireLayer());

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

    /// <summary>The most groups the consumer may be in, and be present in; joining one more throws <see cref="InvalidOperationException"/>. Default 10,000.</summary>
    protected virtual int MaxGroups => 10_000;

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
    /// Counts a failure of the consumer's layer, and logs it once per episode. For consumers that run handlers of their own beside the
    /// loop, which does so for what leaves its own. Thread-safe.
    /// </summary>
    /// <param name="error">What a handler threw.</param>
    /// <returns>False for another failure, and without a layer: nothing was noted.</returns>
    protected bool NoteLayerFailure(Exception error)
    {
        if (Layer is not { } layer || !IsLayerFailure(error))
        {
            return false;
        }

        Context.Faults.LayerFailed(GetType(), layer.Alias, error);
        return true;
    }

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
    /// Drops a layer message that cannot be handled: counted, and logged once per type. In a mixed fleet a new message
    /// type must not close every socket of a group.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="reason">Why.</param>
    /// <param name="detail">What exactly is wrong.</param>
    protected ValueTask DropMessageAsync(ChannelMessage message, ConsumerDropReason reason, string detail)
    {
        ArgumentNullException.ThrowIfNull(message);
        Context.Faults.Dropped(GetType(), message, reason, detail);
        return ConsumerAnswers.RefuseAsync(Context, message, reason, detail);
    }

    /// <summary>
    /// Carries a request out and replies; what a generated dispatch does for an <see cref="AnswersAttribute"/> method. A message that is
    /// no request is handled alike, and its answer goes nowhere. What <paramref name="answer"/> throws is told to whoever asked, logged
    /// once per episode, and the consumer goes on; unless its own peer has gone.
    /// </summary>
    /// <param name="request">The layer message.</param>
    /// <param name="answer">The work: gets the message as it was asked, and gives null for an answer without content. Its token is <see cref="Aborted"/>, and fires when nobody waits for the answer any more.</param>
    protected ValueTask AnswerAsync(ChannelMessage request, Func<ChannelMessage, CancellationToken, ValueTask<ChannelMessage?>> answer)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(answer);
        return ConsumerAnswers.AnswerAsync(this, Context, request, answer);
    }

    /// <summary>
    /// Replaces the facts about the connection by a changed copy, for example with another user after a login:
    /// <c>ReplaceScope(Scope with { User = user })</c>. For the consumer's own handlers.
    /// </summary>
    /// <param name="scope">The copy; it keeps type, services and <see cref="Channels.Scope.Aborted"/>.</param>
    /// <exception cref="ArgumentException">It is no copy of this connection's scope.</exception>
    protected internal void ReplaceScope(Scope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        Context.ReplaceScope(scope);
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
        var context = Context;
        context.Closing?.Dispose();
        context.Closing = time is { } when ? new TimedClose(when, context.Scope.Services, () => CloseConnectionAsync(code, reason)) : null;
        if (context.Closing is { } closing)
        {
            Detach(closing.RunAsync);
        }
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
        DetachedWork.Of(GetType(), Context).Start(work);
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

    internal void Attach(ConsumerContext context)
    {
        Connect(context);
        context.Groups.Limit(GetType(), MaxGroups);
    }

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
        if (IsIgnoring && !EndsConnection(message))
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

        NoteLayerFailure(error);
        return Context.ScopePerEvent ? Context.JudgeInEventScopeAsync(() => OnErrorAsync(message, error)) : OnErrorAsync(message, error);
    }

    /// <summary>An idle consumer must not keep the last message alive.</summary>
    internal void Delivered() => CurrentMessage = null;

    /// <summary>Tells the consumer of its end.</summary>
    internal ValueTask EndAsync() => Context.ScopePerEvent
        ? Context.InEventScopeAsync(this, static ending => ending.OnEndAsync(ending.Context.HandlerFailed))
        : OnEndAsync(Context.HandlerFailed);

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
