namespace Channels.SocketIO;

/// <summary>Follows the history of one namespace for its process: a consumer without a peer, so that nothing is missed or comes twice.</summary>
/// <param name="log">What it reads for.</param>
internal sealed class EventLogReader(EventLog log) : Consumer
{
    /// <inheritdoc/>
    protected override async ValueTask DispatchAsync(Event message)
    {
        switch (message)
        {
            case ChannelMessage emit:
                log.Dispatch(emit);
                break;
            case EventLogBegin begin:
                log.Begin((await Groups.JoinAsync(log.Group)).Newest);
                begin.Done.SetResult();
                break;
            default:
                Stop();
                break;
        }
    }

    /// <inheritdoc/>
    protected override ValueTask OnHistoryGoneAsync(string group)
    {
        log.Skip();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask<bool> OnErrorAsync(Event? message, Exception error) => new(message is ChannelMessage);
}
