namespace Channels.Routing;

/// <summary>
/// The connection's outbox for those behind an attempt: its way to send is the attempt's, so that who gets that one unchanged may
/// still go past it. Nothing is taken before a connection is accepted, which the attempt has seen.
/// </summary>
/// <param name="inner">The connection's own.</param>
/// <param name="send">The attempt's way to send.</param>
internal sealed class AttemptOutbox(IOutbox inner, Send send) : IOutbox
{
    /// <inheritdoc/>
    public Send Send => send;

    /// <inheritdoc/>
    public bool HasMoreInput => inner.HasMoreInput;

    /// <inheritdoc/>
    public bool IsBusy => inner.IsBusy;

    /// <inheritdoc/>
    public object? NeededNext => inner;

    /// <inheritdoc/>
    public int TrySend(ReadOnlySpan<Event> events) => inner.TrySend(events);

    /// <inheritdoc/>
    public void Hold() => inner.Hold();

    /// <inheritdoc/>
    public void Flush() => inner.Flush();
}
