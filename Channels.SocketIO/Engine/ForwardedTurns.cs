namespace Channels.SocketIO;

/// <summary>
/// What the last poll and the last POST that came by another process were answered with, until the next one shows that the answer
/// has arrived: a layer may lose it, and then the same request comes once more. Thread-safe.
/// </summary>
internal sealed class ForwardedTurns
{
    private readonly Lock _gate = new();
    private (string Turn, ForwardedAnswer Answer)? _poll;
    private (string Turn, ForwardedAnswer Answer)? _post;

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
        }
    }

    /// <summary>The client polls elsewhere: it has the answer to its last poll.</summary>
    public void ConfirmPoll()
    {
        lock (_gate)
        {
            _poll = null;
        }
    }
}
