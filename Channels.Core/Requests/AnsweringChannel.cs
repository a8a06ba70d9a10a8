using Microsoft.Extensions.Logging;

namespace Channels.Extending;

/// <summary>
/// An open channel of this process whose requests a function answers, several at a time: for code that is no consumer. Messages
/// that are no requests reach it as well; what it answers to them goes nowhere.
/// </summary>
public sealed partial class AnsweringChannel : IAsyncDisposable
{
    private readonly ChannelInbox _inbox;
    private readonly RequestAnswers _answers;
    private readonly Func<ChannelMessage, CancellationToken, ValueTask<ChannelMessage?>> _answer;
    private readonly FloodLog _flood;
    private readonly ILogger _logger;
    private readonly int _maxRunning;
    private readonly SemaphoreSlim _room;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _reading;
    private int _disposed;

    private AnsweringChannel(ChannelInbox inbox, ChannelRequests requests, Func<ChannelMessage, CancellationToken, ValueTask<ChannelMessage?>> answer, int maxRunning)
    {
        (_inbox, _answers, _answer, _maxRunning, _logger) = (inbox, requests.Answers, answer, maxRunning, requests.Logger);
        _flood = new(_logger, requests.Time);
        _room = new(maxRunning);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>The channel's name: what others ask.</summary>
    public string Name => _inbox.Name;

    /// <summary>How many messages wait to be read.</summary>
    internal int Waiting => _inbox.Count;

    /// <summary>Opens a channel and begins to answer.</summary>
    /// <param name="requests">Requests through the layer that the channel is to be one of.</param>
    /// <param name="answer">
    /// Answers one request; null for an answer without content. What it throws is told to whoever asked, and logged once per
    /// episode. Its token fires when nobody waits any more, and when the channel is closed. Called beside itself, so it must be
    /// thread-safe.
    /// </param>
    /// <param name="prefix">The first part of the channel's name, for people. Default <c>specific</c>.</param>
    /// <param name="maxRunning">How many are answered at a time, at least 1; as many again wait before the channel is full. Default 1,000.</param>
    /// <param name="cancellationToken">Gives up opening.</param>
    /// <returns>The open channel; disposing it ends what it is at work on.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxRunning"/> is less than 1.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    public static async ValueTask<AnsweringChannel> OpenAsync(
        ChannelRequests requests, Func<ChannelMessage, CancellationToken, ValueTask<ChannelMessage?>> answer, string prefix = "specific", int maxRunning = 1_000, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRunning, 1);
        var inbox = await requests.NewChannelAsync(prefix, cancellationToken);
        inbox.Enlarge(maxRunning);
        return new(inbox, requests, answer, maxRunning);
    }

    /// <summary>Closes the channel, refuses what waits there, cancels what is being answered, and waits for its end; not to be awaited inside an answer. May be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _end.CancelAsync();
        await _inbox.DisposeAsync();
        await _reading;
        for (var i = 0; i < _maxRunning; i++)
        {
            await _room.WaitAsync();
        }

        _end.Dispose();
        _room.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var message = await _inbox.ReceiveAsync(_end.Token);
                if (!await WaitForRoomAsync())
                {
                    await RefuseAsync(message); // those behind it are refused by the layer
                    return;
                }

                _ = Task.Run(() => AnswerAsync(message)); // never fails; its room is given back
            }
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // Closed, by its owner or with its layer.
        }
    }

    private async ValueTask<bool> WaitForRoomAsync()
    {
        var waiting = _room.WaitAsync(_end.Token);
        await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return waiting.IsCompletedSuccessfully;
    }

    private ValueTask RefuseAsync(ChannelMessage message) =>
        RequestMark.TryRead(message, out var mark) ? _answers.RefuseAsync(mark, mark.Nobody("the channel is closed")) : ValueTask.CompletedTask;

    private async Task AnswerAsync(ChannelMessage message)
    {
        try
        {
            if (RequestMark.TryRead(message, out var mark))
            {
                await _answers.AnswerAsync(mark, token => _answer(RequestMark.Without(message), token), _end.Token);
            }
            else
            {
                await _answer(message, _end.Token);
            }
        }
        catch (Exception error) when (error is OperationCanceledException && _end.IsCancellationRequested)
        {
            // The channel is being closed.
        }
        catch (Exception error)
        {
            if (_flood.Begins(FloodLog.KindOf(error), ChannelNames.NonLocalPart(Name)))
            {
                Log.Failed(_logger, error, HeaderText.Escape(message.Type), Name);
            }
        }
        finally
        {
            _room.Release();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2020, LogLevel.Error, "Answering '{MessageType}' on the channel '{Channel}' failed.")]
        public static partial void Failed(ILogger logger, Exception error, string messageType, string channel);
    }
}
