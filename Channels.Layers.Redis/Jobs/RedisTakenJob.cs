using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>One entry of a stream in the hands of this process.</summary>
/// <param name="queue">The queue it came from.</param>
/// <param name="channel">The channel.</param>
/// <param name="id">The entry's id.</param>
/// <param name="body">The encoded message, for giving it back.</param>
/// <param name="former">How often it was begun before it became this entry.</param>
/// <param name="message">The message.</param>
/// <param name="deliveries">How often this entry was handed out.</param>
internal sealed class RedisTakenJob(RedisJobQueue queue, string channel, string id, byte[] body, int former, ChannelMessage message, int deliveries)
    : TakenJob(message, former + deliveries)
{
    private int _attempt = former + deliveries;

    public override TimeSpan RenewPeriod => queue.Options.VisibilityTime / 3;

    public override async ValueTask CompleteAsync(CancellationToken cancellationToken = default) =>
        await queue.RunAsync(JobScripts.Complete, channel, [JobScripts.Group, id, body.Length], cancellationToken);

    public override async ValueTask ReleaseAsync(bool countAttempt, CancellationToken cancellationToken = default) =>
        await queue.RunAsync(JobScripts.Release, channel, [JobScripts.Group, queue.Consumer, id, body, countAttempt ? Volatile.Read(ref _attempt) : Attempt - 1], cancellationToken);

    public override async ValueTask<bool> RenewAsync(int attempt, CancellationToken cancellationToken = default)
    {
        Volatile.Write(ref _attempt, attempt);
        RedisValue[] arguments = [JobScripts.Group, queue.Consumer, id, attempt - former];
        return (int)await queue.RunAsync(JobScripts.Renew, channel, arguments, cancellationToken) == 1;
    }
}
