using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>
/// What travels through a channel layer: a type that picks the handler, and either a typed record, a map of the eight
/// wire types, or a ready-to-send WebSocket message. Immutable; in one process all receivers share one instance.
/// </summary>
/// <remarks>
/// A layer message is an event of its own kind: whatever its type says, it can never pass for an event of the
/// connection itself.
/// </remarks>
public sealed record ChannelMessage : Event
{
    /// <summary>The type of messages made by <see cref="Forward"/>.</summary>
    public const string ForwardType = "websocket.send";

    /// <summary>The type of messages made by <see cref="CloseConnection"/>; types of an application's own cannot begin with <c>connection.</c>.</summary>
    public const string CloseType = MessageContent.ReservedPrefix + "close";

    private const long LastMillisecond = 253_402_300_799_999; // of the year 9999
    private const string RenewType = MessageContent.ReservedPrefix + "renew";
    private volatile MessageMap? _fields;
    private volatile object? _bound; // the record that was read, or the BindingRefusal
    private PreparedEvents _prepared; // mutable struct: part of this object

    /// <summary>Makes a message from a map.</summary>
    /// <param name="type">The message type, for example <c>chat.message</c>.</param>
    /// <param name="fields">The content without the type; it cannot change afterwards. Null means no content.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="type"/> is empty, or begins with <c>connection.</c>: such messages act on the connection itself, so they
    /// have makers of their own and no text that a peer may have chosen becomes one. Or no layer between processes could carry
    /// <paramref name="fields"/>: an entry is called <c>type</c>, <c>__asgi_channel__</c> or <c>__channels_except__</c>, holds half of a
    /// surrogate pair, or is nested deeper than 512 levels; the exception names it.
    /// </exception>
    public ChannelMessage(string type, MessageMap? fields = null)
        : this(type, fields ?? [], trusted: false)
    {
    }

    // Trusted: made by the framework, or decoded by a layer, whose peers are trusted as a whole.
    internal ChannelMessage(string type, MessageMap fields, bool trusted)
        : base(type)
    {
        ArgumentException.ThrowIfNullOrEmpty(type);
        if (!trusted)
        {
            MessageContent.ThrowIfUnsendable(type, fields);
        }

        _fields = fields.Freeze();
    }

    private ChannelMessage(string type, object body, JsonTypeInfo? contract)
        : base(type) => (Body, Contract) = (body, contract);

    /// <summary>The typed record or the <see cref="WebSocketSend"/> the message was made from; null when it was made from a map.</summary>
    public object? Body { get; }

    /// <summary>The JSON contract of <see cref="Body"/>; null when the body is no typed record.</summary>
    public JsonTypeInfo? Contract { get; }

    /// <summary>The WebSocket message to pass on unchanged, or null.</summary>
    public WebSocketSend? Forwarded => Body as WebSocketSend;

    /// <summary>
    /// The content as a map, without the type. For a typed record it is made at first use and kept; for
    /// <see cref="Forwarded"/> it has the one entry <c>text</c> or <c>bytes</c>.
    /// </summary>
    public MessageMap Fields => _fields ??= (Body switch
    {
        WebSocketSend { IsText: true } send => new MessageMap { ["text"] = Encoding.UTF8.GetString(send.Payload.Span) },
        WebSocketSend send => new MessageMap { ["bytes"] = send.Payload.ToArray() },
        _ => MessageBinder.ToMap(Body!, Contract!), // a message without fields always has a body with its contract
    }).Freeze();

    /// <summary>
    /// Channels that skip the message although they are members of the group it is sent to, such as the sender's own. Every
    /// layer honours it where it fans out. Default none; copy a message with
    /// <c>message with { Except = [ChannelName] }</c>.
    /// </summary>
    /// <exception cref="ArgumentException">An entry is null, or holds what no name can.</exception>
    public IReadOnlyList<string> Except { get; init => field = MessageContent.CheckExcept(value); } = [];

    /// <summary>Where the message stands in the history of the group it was published to; null when it was only sent.</summary>
    public HistoryPosition? Position => Stamp?.Position;

    /// <summary>What the history of a group has written on the message.</summary>
    internal HistoryStamp? Stamp { get; private init; }

    /// <summary>Whether <see cref="Fields"/> is there already.</summary>
    internal bool HasFields => _fields is not null;

    /// <summary>What consumers of this process made of the message.</summary>
    internal ref PreparedEvents Prepared => ref _prepared;

    /// <summary>Makes a message from a typed record.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="body">The record; it must be immutable, all receivers of the process share it.</param>
    /// <exception cref="ArgumentException">
    /// The record's message type is none that a message may have. Or no layer between processes could carry the record: it has a JSON property called <c>type</c>, or holds half of a surrogate
    /// pair, an integer of more than 64 bits, a decimal that no double can hold, or anything else that JSON refuses; the exception
    /// names the property. Thrown whatever the layer, so that it does not first show in production.
    /// </exception>
    public static ChannelMessage Of<T>(T body)
        where T : class, ITypedMessage<T>
    {
        ArgumentNullException.ThrowIfNull(body);
        if (ContentRuleOf<T>.TypeProblem is { } problem)
        {
            throw new ArgumentException($"{typeof(T).Name} cannot be sent: {problem}", nameof(body));
        }

        var contract = T.MessageTypeInfo;
        return new ChannelMessage(T.MessageType, body, contract) { _fields = ContentRuleOf<T>.Rule.Check(body, contract) };
    }

    /// <summary>
    /// Makes a message that closes the connection of whoever receives it: a WebSocket with this code and reason, an event
    /// stream by its end; a worker takes no notice. For code that decides over connections, such as a logout; no message that
    /// a peer has a part in turns into one.
    /// </summary>
    /// <param name="code">The close code, as for <see cref="WebSocketClose"/>. Default 1000.</param>
    /// <param name="reason">The reason for the peer, at most 123 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException"><paramref name="reason"/> holds half of a surrogate pair.</exception>
    public static ChannelMessage CloseConnection(int code = 1000, string reason = "") => StrictUtf8.IsWellFormed(reason)
        ? new(CloseType, new MessageMap { ["code"] = code, ["reason"] = reason }, trusted: true)
        : throw MessageContent.Torn("The reason");

    /// <summary>Makes a message that changes the time at which its receiver's connection ends (<see cref="ConnectionLease"/>).</summary>
    internal static ChannelMessage RenewConnection(DateTimeOffset? expires) =>
        new(RenewType, expires is { } time ? new MessageMap { ["expires"] = time.ToUnixTimeMilliseconds() } : [], trusted: true);

    /// <summary>
    /// Makes a message that every WebSocket consumer passes to its peer unchanged: encoded once per process, whatever
    /// the number of receivers. No handler and no <c>DispatchAsync</c> sees it, and where <see cref="Send"/> leads
    /// straight to the connection (no middleware has wrapped it) a sleeping consumer is not even woken.
    /// </summary>
    /// <param name="message">The WebSocket message.</param>
    public static ChannelMessage Forward(WebSocketSend message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return new ChannelMessage(ForwardType, message, contract: null);
    }

    /// <summary>
    /// Reads the content as a typed record: the very instance that was sent, or one bound from the map, once per process.
    /// Whatever the record's contract or constructor throws is a refusal of the content.
    /// </summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="body">The record.</param>
    /// <param name="error">Why the content does not bind; null on success.</param>
    public bool TryRead<T>([NotNullWhen(true)] out T? body, [NotNullWhen(false)] out string? error)
        where T : class, ITypedMessage<T>
    {
        error = null;
        body = Body as T ?? _bound as T;
        if (body is not null)
        {
            return true;
        }

        if (_bound is BindingRefusal refusal && refusal.Contract == typeof(T))
        {
            error = refusal.Error;
            return false;
        }

        try
        {
            body = MessageBinder.FromMap(RequestMark.Without(Fields), T.MessageTypeInfo);
        }
        catch (Exception e) when (ForeignContent.IsRefusal(e))
        {
            error = e.Message;
            Interlocked.CompareExchange(ref _bound, new BindingRefusal(typeof(T), error), null); // a thousand members ask once
            return false;
        }

        // Losing a race here would give two receivers two equal instances; keep the first.
        body = Interlocked.CompareExchange(ref _bound, body, null) as T ?? body;
        return true;
    }

    /// <summary>Whether the message was made by <see cref="CloseConnection"/>.</summary>
    internal bool IsCloseConnection => Type.Length == CloseType.Length && Type == CloseType;

    /// <summary>Whether it acts on the connection itself, whatever the consumer is.</summary>
    internal bool IsForConnection => IsCloseConnection || IsRenewConnection;

    /// <summary>Whether it was made by <see cref="RenewConnection"/>.</summary>
    internal bool IsRenewConnection => Type.Length == RenewType.Length && Type == RenewType;

    /// <summary>Does what <see cref="RenewConnection"/> was made for; false when another process has written something else.</summary>
    /// <param name="scope">The connection; one without a lease has no end that could be put off.</param>
    internal bool TryRenew(Scope scope)
    {
        DateTimeOffset? expires = null;
        if (Fields.TryGetValue("expires", out var number))
        {
            if (number.Kind != MessageValueKind.Integer || number.IsUnsigned || number.GetInt64() is < 0 or > LastMillisecond)
            {
                return false;
            }

            expires = DateTimeOffset.FromUnixTimeMilliseconds(number.GetInt64());
        }

        if (scope.TryGet(ConnectionLease.Key, out var lease))
        {
            lease.Renew(expires);
        }

        return true;
    }

    /// <summary>Reads what <see cref="CloseConnection"/> was given; false when another process has written something else.</summary>
    internal bool TryReadClose(out int code, out string reason)
    {
        (code, reason) = (1000, "");
        if (Fields.TryGetValue("reason", out var text))
        {
            reason = text.Kind == MessageValueKind.Text ? text.GetText() : "";
        }

        if (Fields.TryGetValue("code", out var number))
        {
            code = number.Kind == MessageValueKind.Integer && !number.IsUnsigned && number.GetInt64() is >= 0 and <= 4999 and var given ? (int)given : 0;
        }

        return WebSocketRules.IsCloseCode(code) && Encoding.UTF8.GetByteCount(reason) <= WebSocketRules.MaxReasonBytes;
    }

    /// <summary>Whether the channel skips the message.</summary>
    internal bool IsExcepted(string channel)
    {
        var except = Except;
        for (var i = 0; i < except.Count; i++)
        {
            if (except[i] == channel)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The message at a place in a history, or with null at none; itself when it is there already. What consumers make of it may depend on the place.</summary>
    internal ChannelMessage At(HistoryStamp? stamp) => stamp == Stamp ? this : this with { Stamp = stamp, _prepared = default };

    /// <summary>Whether it is known what a kind of consumer passes on, and what; see <see cref="PreparedEvents"/>.</summary>
    internal bool TryGetPassedOn(Type kind, out Event? passedOn) => _prepared.TryGetPassedOn(kind, Forwarded, out passedOn);

    /// <summary>
    /// What a consumer passes on unchanged in the message's place, as the first of its kind in this process answered: readers that
    /// see the message in the same moment may all ask, and then send the answer that was kept first.
    /// </summary>
    internal Event? PassedOnBy(IPassOnRule rule) => TryGetPassedOn(rule.Kind, out var passedOn)
        ? passedOn
        : _prepared.KeepPassedOn(rule.Kind, Forwarded, rule.PassOn(this));

    /// <summary>Same type and same content.</summary>
    /// <param name="other">The message to compare with.</param>
    public bool Equals(ChannelMessage? other) => other is not null && Type == other.Type
        && (Body is not null && ReferenceEquals(Body, other.Body) || Fields.Equals(other.Fields));

    /// <inheritdoc/>
    public override int GetHashCode() => Type.GetHashCode(StringComparison.Ordinal);

    /// <summary>The type and the shape, never the content.</summary>
    public override string ToString() => $"{HeaderText.Escape(Type)} ({(Body is null ? $"map of {Fields.Count}" : Body.GetType().Name)})";

    private sealed record BindingRefusal(Type Contract, string Error);

    // What a record says of its type and contract does not change, so it is looked at once.
    private static class ContentRuleOf<T>
        where T : class, ITypedMessage<T>
    {
        public static readonly string? TypeProblem = MessageContent.FindTypeProblem(T.MessageType);

        public static readonly ContentRule Rule = ContentRule.Of(T.MessageTypeInfo);
    }
}
