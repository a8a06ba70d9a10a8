namespace Channels;

/// <summary>A request that somebody waits for.</summary>
internal sealed class PendingRequest
{
    private readonly TaskCompletionSource<ChannelMessage> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _begunAt;

    /// <summary>What replies refer to.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The last word: an answer, a failure, or that nobody answers.</summary>
    public Task<ChannelMessage> Reply => _reply.Task;

    /// <summary>Where whoever is at it hears that the answer is no longer wanted; null while nobody is known to be.</summary>
    public string? BegunAt => _begunAt;

    /// <summary>What came in.</summary>
    public void Receive(ChannelMessage reply)
    {
        if (RequestMark.TextOf(reply.Fields, RequestMark.BegunEntry) is { } channel)
        {
            _begunAt = channel;
        }
        else if (_begunAt is null || RequestMark.TextOf(reply.Fields, RequestMark.NobodyEntry) is null) // a copy that nobody takes up says nothing about the one that is at work
        {
            _reply.TrySetResult(reply); // those that follow are answers to the request as it came once more
        }
    }
}
