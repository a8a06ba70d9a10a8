namespace Channels;

/// <summary>A message of a channel layer: taking it was its end, so there is nothing to complete, renew or release.</summary>
internal sealed class LayerJob(ChannelMessage message) : TakenJob(message, attempt: 1)
{
    public override TimeSpan RenewPeriod => TimeSpan.Zero;

    public override ValueTask CompleteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public override ValueTask ReleaseAsync(bool countAttempt, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("A message of a channel layer cannot be given back.");

    public override ValueTask<bool> RenewAsync(int attempt, CancellationToken cancellationToken = default) => ValueTask.FromResult(true);
}
