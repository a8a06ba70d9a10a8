namespace Channels;

/// <summary>The one time that a request is carried out, however often it is delivered, and what came of it. Guarded by its owner's lock.</summary>
/// <param name="mark">What makes it a request.</param>
/// <param name="expiresAt">When nobody waits for it any more, by the owner's clock.</param>
/// <param name="cancellation">Ends the work.</param>
internal sealed class AnswerRun(RequestMark mark, long expiresAt, CancellationTokenSource cancellation)
{
    public RequestMark Mark => mark;

    public long ExpiresAt => expiresAt;

    /// <summary>Ends the work; null after it has ended.</summary>
    public CancellationTokenSource? Cancellation { get; private set; } = cancellation;

    /// <summary>What was replied; null before.</summary>
    public ChannelMessage? Reply { get; private set; }

    /// <summary>How often it was delivered while it was carried out.</summary>
    public int Deliveries { get; set; } = 1;

    /// <summary>What the kept reply counts for.</summary>
    public long Bytes { get; private set; }

    /// <summary>The work has ended, with a reply or without.</summary>
    public void End(ChannelMessage? reply)
    {
        Cancellation = null;
        Reply = reply;
        Bytes = reply is null ? 0 : MessageSize.Of(reply);
    }
}
