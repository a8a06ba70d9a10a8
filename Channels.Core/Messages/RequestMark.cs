using System.Diagnostics.CodeAnalysis;

namespace Channels;

/// <summary>
/// What makes a message a request: an entry of its map, so that every layer carries it and programs in other languages can
/// answer. The other messages of the exchange are made and named here as well.
/// </summary>
/// <param name="Id">What the answer refers to.</param>
/// <param name="ReplyTo">The channel where it is awaited.</param>
/// <param name="Timeout">How long it is awaited; null when the request does not say.</param>
internal sealed record RequestMark(string Id, string ReplyTo, TimeSpan? Timeout)
{
    /// <summary>The type of everything that goes back to whoever asked.</summary>
    public const string ReplyType = "channels.reply";

    /// <summary>The type of the message that ends the interest in an answer.</summary>
    public const string CancelType = "channels.cancel";

    /// <summary>The type of the message that asks for the answer to a request that was taken up, once more.</summary>
    public const string AgainType = "channels.again";

    public const string IdEntry = "request";
    public const string AnswerEntry = "answer";
    public const string FailureEntry = "failure";
    public const string NobodyEntry = "nobody";
    public const string BegunEntry = "begun";

    private const string MarkId = "id";
    private const string MarkReplyTo = "reply_to";
    private const string MarkTimeout = "timeout";
    private const string UntypedAnswer = "answer";
    private const int LongestId = 200;

    /// <summary>The longest time for an answer.</summary>
    public static TimeSpan MaxTimeout { get; } = TimeSpan.FromDays(1);

    /// <summary>Whether a message has the entry, well-formed or not.</summary>
    public static bool IsOn(ChannelMessage message) => message.Body is null && message.Fields.ContainsKey(MessageContent.RequestEntry);

    /// <summary>Reads the entry; false when there is none, or it is not well-formed.</summary>
    public static bool TryRead(ChannelMessage message, [NotNullWhen(true)] out RequestMark? mark)
    {
        mark = null;
        if (message.Body is not null || !message.Fields.TryGetValue(MessageContent.RequestEntry, out var entry) || entry.Kind != MessageValueKind.Map)
        {
            return false;
        }

        var map = entry.GetMap();
        if (TextOf(map, MarkId) is not { Length: > 0 and <= LongestId } id || TextOf(map, MarkReplyTo) is not { } replyTo || !ChannelNames.IsChannel(replyTo))
        {
            return false;
        }

        TimeSpan? timeout = map.TryGetValue(MarkTimeout, out var time) && time.Kind == MessageValueKind.Integer
            ? TimeSpan.FromMilliseconds(time.IsUnsigned ? MaxTimeout.TotalMilliseconds : Math.Clamp(time.GetInt64(), 1, MaxTimeout.TotalMilliseconds))
            : null;
        mark = new(id, replyTo, timeout);
        return true;
    }

    /// <summary>A message without the entry: what whoever answers sees, and may send on.</summary>
    public static ChannelMessage Without(ChannelMessage message) => IsOn(message) ? new(message.Type, Without(message.Fields), trusted: true) : message;

    /// <summary>A map without the entry: what the request itself says.</summary>
    public static MessageMap Without(MessageMap fields)
    {
        if (!fields.ContainsKey(MessageContent.RequestEntry))
        {
            return fields;
        }

        var rest = fields.Thaw();
        rest.Remove(MessageContent.RequestEntry, out _);
        return rest;
    }

    /// <summary>A message as this request; one that was a request already loses the mark that it had.</summary>
    public ChannelMessage On(ChannelMessage message)
    {
        var fields = Copy(message.Fields);
        fields[MessageContent.RequestEntry] = new MessageMap
        {
            [MarkId] = Id,
            [MarkReplyTo] = ReplyTo,
            [MarkTimeout] = (long)Math.Ceiling((Timeout ?? MaxTimeout).TotalMilliseconds),
        };
        return new(message.Type, fields, trusted: true);
    }

    /// <summary>The answer; null for one without content.</summary>
    public ChannelMessage Answer(ChannelMessage? answer)
    {
        var content = new MessageMap();
        if (answer is not null)
        {
            content[MessageContent.TypeEntry] = answer.Type;
            foreach (var (name, value) in Without(answer.Fields))
            {
                content[name] = value;
            }
        }

        return Reply(AnswerEntry, content);
    }

    /// <summary>That answering failed.</summary>
    public ChannelMessage Failure(string text) => Reply(FailureEntry, text);

    /// <summary>That nobody answers such requests there.</summary>
    public ChannelMessage Nobody(string text) => Reply(NobodyEntry, text);

    /// <summary>That somebody is at it, and where to say that the answer is no longer wanted.</summary>
    public ChannelMessage Begun(string channel) => Reply(BegunEntry, channel);

    /// <summary>That the answer is no longer wanted.</summary>
    public static ChannelMessage Cancel(string id) => new(CancelType, new MessageMap { [IdEntry] = id }, trusted: true);

    /// <summary>That the answer is still awaited, in case it was lost.</summary>
    public static ChannelMessage Again(string id) => new(AgainType, new MessageMap { [IdEntry] = id }, trusted: true);

    /// <summary>The request that a reply or a cancellation refers to; null when it does not say.</summary>
    public static string? IdOf(ChannelMessage message) => TextOf(message.Fields, IdEntry);

    /// <summary>A text of a reply; null when it has none of that name.</summary>
    public static string? TextOf(MessageMap map, string name) => map.TryGetValue(name, out var value) && value.Kind == MessageValueKind.Text ? value.GetText() : null;

    /// <summary>Reads the answer out of a reply.</summary>
    public static bool TryReadAnswer(ChannelMessage reply, [NotNullWhen(true)] out ChannelMessage? answer)
    {
        answer = null;
        if (!reply.Fields.TryGetValue(AnswerEntry, out var entry) || entry.Kind is not (MessageValueKind.Map or MessageValueKind.Null))
        {
            return false;
        }

        var fields = entry.IsNull ? [] : Copy(entry.GetMap());
        fields.Remove(MessageContent.TypeEntry, out var type);
        answer = new(type.Kind == MessageValueKind.Text && type.GetText().Length > 0 ? type.GetText() : UntypedAnswer, fields, trusted: true);
        return true;
    }

    private ChannelMessage Reply(string entry, MessageValue value) => new(ReplyType, new MessageMap { [IdEntry] = Id, [entry] = value }, trusted: true);

    private static MessageMap Copy(MessageMap map)
    {
        var copy = new MessageMap();
        foreach (var (name, value) in map)
        {
            copy[name] = value;
        }

        return copy;
    }
}
