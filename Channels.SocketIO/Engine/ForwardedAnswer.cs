namespace Channels.SocketIO;

/// <summary>What the process that holds a session answers to a request of its client that has reached another process.</summary>
/// <param name="Refusal">Why it is refused; null when it is not.</param>
/// <param name="Body">The packets of a poll; empty for a POST.</param>
/// <param name="Compress">Whether the packets may be compressed.</param>
internal sealed record ForwardedAnswer(EngineIOError? Refusal, ReadOnlyMemory<byte> Body = default, bool Compress = false)
{
    private const string Type = "engineio.answer";

    public static ForwardedAnswer Ok { get; } = new(Refusal: null);

    /// <summary>A poll has found nothing so far; it is to be asked again.</summary>
    public static ForwardedAnswer NothingYet => Ok;

    /// <summary>Whether a poll has found nothing so far.</summary>
    public bool IsNothingYet => Refusal is null && Body.IsEmpty; // there is no body without a packet

    public static ForwardedAnswer From(ChannelMessage message)
    {
        var fields = message.Fields;
        return fields.TryGetValue("status", out var status)
            ? new(new EngineIOError((int)fields["code"].GetInt64(), fields["message"].GetText(), (int)status.GetInt64()))
            : new(null, fields["body"].GetBytes(), fields["compress"].GetBoolean());
    }

    public ChannelMessage ToMessage() => new(Type, Refusal is { } refusal
        ? new MessageMap { ["status"] = refusal.Status, ["code"] = refusal.Code, ["message"] = refusal.Message }
        : new MessageMap { ["body"] = Body.ToArray(), ["compress"] = Compress });
}
