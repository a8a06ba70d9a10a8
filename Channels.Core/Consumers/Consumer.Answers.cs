namespace Channels;

/// <summary>Requests: asked, answered, and refused.</summary>
public abstract partial class Consumer
{
    /// <summary>
    /// Asks other channels. A handler that waits for an answer keeps the next event waiting, and one that asks its own channel waits
    /// for ever: <see cref="Detach(Func{CancellationToken, Task})"/> the work then.
    /// </summary>
    /// <exception cref="InvalidOperationException">No layer is configured.</exception>
    protected ChannelRequests Requests => Context.RequireRequests(RequireLayer());

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
}
