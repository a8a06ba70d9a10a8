using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>An open channel of this process whose requests a function answers, as <see cref="ChannelRequests.AnswerAsync"/> gives it.</summary>
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

    internal AnsweringChannel(
        ChannelInbox inbox, RequestAnswers answers, Func<ChannelMessage, CancellationToken, ValueTask<ChannelMessage?>> answer, int maxRunning, FloodLog flood, ILogger logger)
    {
        (_inbox, _answers, _answer, _maxRunning, _flood, _logger) = (inbox, answers, answer, maxRunning, flood, logger);
        _room = new(maxRunning);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>The channel's name: what others ask.</summary>
    public string Name => _inbox.Name;

    /// <summary>Closes the channel, cancels what is being answered, and waits for its end; not to be awaited inside an answer. May be called again.</summary>
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
                await _room.WaitAsync(_end.Token);
                _ = Task.Run(() => AnswerAsync(message)); // never fails; its room is given back
            }
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // Closed, by its owner or with its layer.
        }
    }

    private async Task AnswerAsync(ChannelMessage message)
    {
        try
        {
            if (RequestMark.TryRead(message, out var mark))
            {
                await _answers.AnswerAsync(mark, token => _answer(message, token), _end.Token);
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
