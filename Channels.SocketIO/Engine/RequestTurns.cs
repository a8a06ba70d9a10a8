namespace Channels.SocketIO;

/// <summary>
/// The turns that one session's requests take: one POST is read at a time; and what the last poll and the last POST that came by
/// another process were answered with is kept until the next one shows that the answer has arrived, because a layer may lose it,
/// and then the same request comes once more. Thread-safe.
/// </summary>
/// <param name="memory">By whom what is kept is counted.</param>
internal sealed class RequestTurns(MemoryHolder memory)
{
    // As many as the server lets a WebSocket send by default.
    private const int MostPacketsPerSecond = 100_000;

    private readonly Lock _gate = new();
    private (string Turn, ForwardedAnswer Answer)? _poll;
    private (string Turn, ForwardedAnswer Answer)? _post;
    private MemoryShare _counted; // of the poll's: a POST's says little
    private bool _posting;
    private long _second; // when it began in which the packets are counted
    private long _packets;

    /// <summary>A POST has come. False when another one is being read; otherwise <see cref="EndPost"/> must follow.</summary>
    public bool TryBeginPost() => !Interlocked.Exchange(ref _posting, true);

    /// <summary>The POST is about to be answered: the client may send the next one.</summary>
    public void EndPost() => Volatile.Write(ref _posting, false);

    /// <summary>Counts the packets of POSTs, which come one after the other, in seconds. True when there are more than a client may send.</summary>
    /// <param name="packets">How many a POST has brought.</param>
    /// <param name="now">The time in milliseconds.</param>
    public bool IsTooFast(int packets, long now)
    {
        if (now - _second >= 1000)
        {
            (_second, _packets) = (now, 0);
        }

        return (_packets += packets) > MostPacketsPerSecond;
    }

    /// <summary>What a request was answered with before; null when it has not come before.</summary>
    /// <param name="turn">What tells it from others; null when it does not say.</param>
    public ForwardedAnswer? Find(string? turn)
    {
        lock (_gate)
        {
            return turn is null ? null : _poll?.Turn == turn ? _poll?.Answer : _post?.Turn == turn ? _post?.Answer : null;
        }
    }

    /// <summary>Keeps what a request is answered with, in place of what the one before was.</summary>
    public void Keep(string? turn, bool isPost, ForwardedAnswer answer)
    {
        lock (_gate)
        {
            (string, ForwardedAnswer)? kept = turn is null ? null : (turn, answer);
            (_poll, _post) = isPost ? (_poll, kept) : (kept, _post);
            Count();
        }
    }

    /// <summary>The client polls here: what it was answered elsewhere has arrived.</summary>
    public void ConfirmPoll()
    {
        lock (_gate)
        {
            _poll = null;
            Count();
        }
    }

    private void Count() => _counted.Set(_poll?.Answer.Body.Length ?? 0, memory);
}
