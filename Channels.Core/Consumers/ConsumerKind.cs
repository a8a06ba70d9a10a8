namespace Channels.Extending;

/// <summary>
/// What makes a kind of consumer one, such as those for WebSockets, for HTTP, or for a protocol of your own: which scopes it serves,
/// how its connections begin and end, what goes to the peer past every handler. The members are overridden in a class that derives
/// from <see cref="Consumer"/>; deriving from this one alone makes no consumer.
/// </summary>
/// <remarks>Members are for the consumer's own handlers unless they say otherwise.</remarks>
public abstract class ConsumerKind : IPassOnRule
{
    private ConsumerContext? _context;
    private volatile bool _stopped;
    private bool _ignoring;

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
    internal ChannelMessage? CurrentMessage { get; private protected set; }

    /// <summary>What the consumer is connected to; null before it is.</summary>
    internal ConsumerContext? ContextOrNull => _context;

    internal ConsumerContext Context => _context
        ?? throw new InvalidOperationException($"{GetType().Name} is not connected yet: scope, services of events, layer and groups exist from the first handler on, not in the constructor, which takes what it needs as parameters.");

    Type IPassOnRule.Kind => GetType();

    Event? IPassOnRule.PassOn(ChannelMessage message) => PassOn(message);

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

    /// <summary>Closes the connection in the protocol's own way, for <see cref="ChannelMessage.CloseConnection"/> and <see cref="Consumer.CloseAt"/>. Default ends the consumer.</summary>
    /// <param name="code">The close code, for protocols that have one.</param>
    /// <param name="reason">The reason, for protocols that tell one.</param>
    protected virtual ValueTask CloseConnectionAsync(int code, string reason)
    {
        Stop();
        return ValueTask.CompletedTask;
    }

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
    /// From here to <see cref="EndBurst"/>, what this thread sends to groups wakes its receivers together, so that several messages leave
    /// each connection in one write; all are queued at once, and none waits for longer than some milliseconds. For consumers that
    /// run handlers of their own beside the loop, which does so for its own. The two calls come on one thread, with no wait between
    /// them. Nothing happens without a layer, or with one that delivers in a way of its own.
    /// </summary>
    protected void BeginBurst() => _context?.Mailbox?.Settings.Bursts?.Begin();

    /// <summary>Wakes whoever was left asleep since <see cref="BeginBurst"/>. On the same thread.</summary>
    protected void EndBurst() => _context?.Mailbox?.Settings.Bursts?.End();

    /// <summary>The connection has ended; no event is at hand any more.</summary>
    internal void Disconnect()
    {
        _stopped = true;
        CurrentMessage = null;
    }

    private protected void Connect(ConsumerContext context) => _context = context;
}
