namespace Channels;

/// <summary>The answering side: carries requests out, each once, and replies as often as they are delivered. Thread-safe.</summary>
/// <param name="layer">The layer that requests come through.</param>
/// <param name="inbox">Where this process hears that an answer is no longer wanted.</param>
/// <param name="options">Bounds.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestAnswers(IChannelLayer layer, ReplyInbox inbox, RequestOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _end = new();

    public AnswerMemory Memory { get; } = new(options.MaxRememberedBytes, time);

    /// <summary>Carries a request out and replies; what failed is replied, too, and thrown.</summary>
    /// <param name="mark">What makes it one.</param>
    /// <param name="answer">Carries it out. Its token ends with the interest in the answer.</param>
    /// <param name="aborted">Fires when whoever answers has to end.</param>
    /// <exception cref="OperationCanceledException"><paramref name="aborted"/> has fired. Not thrown when nobody wants the answer any more.</exception>
    public async ValueTask AnswerAsync(RequestMark mark, Func<CancellationToken, ValueTask<ChannelMessage?>> answer, CancellationToken aborted)
    {
        var timeout = mark.Timeout ?? options.Timeout;
        using var unwanted = new CancellationTokenSource(timeout, time);
        if (Memory.TryBegin(mark, timeout, unwanted, out var known) is not { } run)
        {
            if (known is not null)
            {
                await ReplyAsync(mark, known, timeout);
            }

            return;
        }

        ChannelMessage reply;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(unwanted.Token, aborted);
        try
        {
            var answering = answer(either.Token);
            if (!answering.IsCompleted)
            {
                _ = TellBegunAsync(mark); // beside it
            }

            reply = mark.Answer(await answering);
        }
        catch (Exception) when (unwanted.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            Memory.Abandon(run); // whatever it says: nobody listens
            return;
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested)
        {
            Memory.Abandon(run);
            await ReplyAsync(mark, mark.Failure("whoever answers it has ended before it was answered"), timeout);
            throw;
        }
        catch (Exception error)
        {
            await CompleteAsync(run, FailureOf(mark, error), timeout);
            throw;
        }

        await CompleteAsync(run, reply, timeout);
    }

    /// <summary>Somebody still waits for the answer to a request that was taken up: if it is there, it was lost on its way.</summary>
    public Task ReplyAgainAsync(string id) => Memory.Find(id) is { } known
        ? UnclaimedRequests.SendAsync(layer, known.Mark.ReplyTo, known.Reply)
        : Task.CompletedTask;

    /// <summary>Tells whoever asked that there will be no answer.</summary>
    public ValueTask RefuseAsync(RequestMark mark, ChannelMessage reply) => ReplyAsync(mark, reply, mark.Timeout ?? options.Timeout);

    /// <summary>May be called again.</summary>
    public void Dispose()
    {
        if (!_end.IsCancellationRequested)
        {
            _end.Cancel();
            Memory.Dispose();
        }
    }

    private async ValueTask CompleteAsync(AnswerRun run, ChannelMessage reply, TimeSpan timeout)
    {
        for (var times = Memory.Complete(run, reply); times > 0; times--)
        {
            await ReplyAsync(run.Mark, reply, timeout);
        }
    }

    private static ChannelMessage FailureOf(RequestMark mark, Exception error) => mark.Failure(HeaderText.Escape($"{error.GetType().Name}: {error.Message}"));

    private async Task TellBegunAsync(RequestMark mark)
    {
        try
        {
            await layer.SendAsync(mark.ReplyTo, mark.Begun(await inbox.OpenAsync(_end.Token)));
        }
#pragma warning disable CA1031 // then it is known only by its answer
        catch
#pragma warning restore CA1031
        {
        }
    }

    // A layer that is full or away gets it as soon as it can: the work is done, and only the answer is missing.
    private async ValueTask ReplyAsync(RequestMark mark, ChannelMessage reply, TimeSpan timeout)
    {
        try
        {
            await layer.SendAsync(mark.ReplyTo, reply);
        }
        catch (Exception error) when (IsTransient(error))
        {
            _ = ReplyLaterAsync(mark, reply, timeout);
        }
        catch (Exception error)
        {
            // No layer takes this one, because of what it holds.
            await UnclaimedRequests.SendAsync(layer, mark.ReplyTo, FailureOf(mark, error));
        }
    }

    private async Task ReplyLaterAsync(RequestMark mark, ChannelMessage reply, TimeSpan timeout)
    {
        var begun = time.GetTimestamp();
        for (var pause = FirstPause; time.GetElapsedTime(begun) < timeout; pause = pause < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await Task.Delay(pause, time, _end.Token);
                await layer.SendAsync(mark.ReplyTo, reply);
                return;
            }
            catch (Exception error) when (IsTransient(error))
            {
                // Once more.
            }
#pragma warning disable CA1031 // the host stops, or the layer has ended: the deadline stands in for the answer
            catch
#pragma warning restore CA1031
            {
                return;
            }
        }
    }

    private static bool IsTransient(Exception error) => error is ChannelFullException or ChannelLayerUnavailableException;
}
