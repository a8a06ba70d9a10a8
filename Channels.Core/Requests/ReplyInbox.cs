namespace Channels;

/// <summary>
/// The one channel of a process where everything about requests comes in, whoever asked: opened when first needed, read
/// to the end. Thread-safe.
/// </summary>
/// <param name="layer">The layer.</param>
/// <param name="receive">What happens to each message; must not throw, nor take long.</param>
internal sealed class ReplyInbox(IChannelLayer layer, Action<ChannelMessage> receive) : IAsyncDisposable
{
    // Each request has an answer or two; who asks more at a time has more to fear than this.
    private const int Capacity = 100_000;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _end = new();
    private Task<ChannelInbox>? _opening;
    private Task _reading = Task.CompletedTask;
    private bool _ended;

    /// <summary>The channel's name.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The layer cannot open one now; the next call tries again.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public ValueTask<string> OpenAsync(CancellationToken cancellationToken)
    {
        var opening = Volatile.Read(ref _opening);
        return opening is { IsCompletedSuccessfully: true } && !_ended ? new(opening.Result.Name) : WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Task<ChannelInbox>? opening;
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            opening = _opening;
        }

        await _end.CancelAsync();
        if (opening is not null)
        {
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _reading;
        }

        _end.Dispose();
    }

    private async ValueTask<string> WaitAsync(CancellationToken cancellationToken)
    {
        Task<ChannelInbox> opening;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_ended, typeof(ChannelRequests));
            opening = _opening is null or { IsFaulted: true } or { IsCanceled: true } ? _opening = Task.Run(BeginAsync, CancellationToken.None) : _opening;
        }

        return (await opening.WaitAsync(cancellationToken)).Name;
    }

    private async Task<ChannelInbox> BeginAsync()
    {
        var inbox = await layer.NewChannelAsync("replies", _end.Token);
        inbox.Enlarge(Capacity);
        _reading = ReadAsync(inbox);
        return inbox;
    }

    private async Task ReadAsync(ChannelInbox inbox)
    {
        await using (inbox)
        {
            try
            {
                while (true)
                {
                    receive(await inbox.ReceiveAsync(_end.Token));
                }
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                // The host stops, or the layer has ended before it.
            }
        }
    }
}
