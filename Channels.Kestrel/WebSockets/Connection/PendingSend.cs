namespace Channels.Kestrel;

/// <summary>A send that waits for room in a full outbound queue.</summary>
internal sealed class PendingSend(in OutboundMessage message, long since) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private CancellationTokenRegistration _cancellation;

    public OutboundMessage Message { get; } = message;

    public long Since { get; } = since;

    /// <summary>The cancelled send stays in line, and is passed over when its turn comes.</summary>
    public void CancelWith(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((PendingSend)state!).TrySetCanceled(token), this);
        }
    }

    /// <summary>False when the send was cancelled before.</summary>
    public bool TryAdmit()
    {
        _cancellation.Unregister();
        return TrySetResult();
    }

    public void Refuse()
    {
        _cancellation.Unregister();
        TrySetException(new ConnectionClosedException());
    }
}
