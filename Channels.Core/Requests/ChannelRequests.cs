using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// Questions to one channel, and their answers: in this process or any other that the layer reaches. A keyed service under the
/// layer's alias, the <c>default</c> one without a key too; consumers have it as <see cref="Consumer.Requests"/>. Thread-safe.
/// </summary>
/// <remarks>
/// <para>A request is carried out at most once by each process, however often it is delivered. While no answer comes, it is sent again
/// where that cannot reach a second process: to whoever has taken it up, and to channels whose messages readers do not share, such as
/// those of one process. A request that a channel of several workers loses is lost.</para>
/// <para>One reply channel per process and layer. Nothing of a request is left once it has ended.</para>
/// </remarks>
public sealed partial class ChannelRequests : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan FirstRepeat = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRepeat = TimeSpan.FromSeconds(4);

    private readonly IChannelLayer _layer;
    private readonly RequestOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReplyInbox _inbox;
    private readonly RequestMetrics _metrics;
    private readonly ConcurrentDictionary<string, PendingRequest> _pending = new(StringComparer.Ordinal);

    internal ChannelRequests(IChannelLayer layer, RequestOptions options, TimeProvider time, ChannelsMetrics metrics, ILogger<ChannelRequests> logger)
    {
        (_layer, _options, _time, _logger) = (layer, options, time, logger);
        _inbox = new(layer, Receive);
        _metrics = new(metrics, layer.Alias);
        Answers = new(layer, _inbox, options, time);
    }

    /// <summary>The answering side.</summary>
    internal RequestAnswers Answers { get; }

    /// <summary>How many requests are waited for.</summary>
    internal int PendingCount => _pending.Count;

    /// <summary>Of how many of them it is known who is at it.</summary>
    internal int BegunCount => _pending.Count(static each => each.Value.BegunAt is not null);

    /// <summary>Asks a channel, and waits for the answer.</summary>
    /// <param name="channel">The channel: a consumer's <see cref="Consumer.ChannelName"/>, an <see cref="AnsweringChannel.Name"/>, or one that workers read.</param>
    /// <param name="request">The request; a map or a typed record.</param>
    /// <param name="timeout">How long to wait, more than zero and at most a day; null for <see cref="RequestOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Gives up waiting; whoever is at work on the request hears of it.</param>
    /// <returns>The answer; without content when the request is only done.</returns>
    /// <exception cref="ArgumentException">The name is not valid, or the message is one that no handler sees.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is out of bounds.</exception>
    /// <exception cref="RequestUnansweredException">Nobody answers there, or nobody has taken it up in time.</exception>
    /// <exception cref="RequestTimedOutException">It was taken up, but not answered in time.</exception>
    /// <exception cref="RequestFailedException">Answering it failed.</exception>
    /// <exception cref="ChannelFullException">The channel is full.</exception>
    /// <exception cref="ChannelLayerUnavailableException">
    /// The layer is away, and the request was not sent; nothing is tried again. Where that is not known (<see cref="ChannelLayerUnavailableException.OutcomeUnknown"/>),
    /// the answer was waited for until the deadline, and nobody has taken the request up.
    /// </exception>
    public async Task<ChannelMessage> RequestAsync(string channel, ChannelMessage request, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(request);
        if (request.Forwarded is not null || request.IsForConnection)
        {
            throw new ArgumentException($"A '{request.Type}' message acts on connections, and no handler sees it; ask with a message of a type that [Answers] methods have.", nameof(request));
        }

        var wait = timeout ?? _options.Timeout;
        if (wait <= TimeSpan.Zero || wait > RequestMark.MaxTimeout)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), wait, $"A request waits for more than zero and at most {RequestMark.MaxTimeout.TotalHours} hours.");
        }

        var started = _time.GetTimestamp();
        var outcome = RequestMetrics.Cancelled;
        try
        {
            var reply = await ExchangeAsync(channel, request, wait, cancellationToken);
            if (RequestMark.TryReadAnswer(reply, out var answer))
            {
                outcome = RequestMetrics.Answered;
                return answer;
            }

            outcome = RequestMetrics.Failed;
            throw RequestMark.TextOf(reply.Fields, RequestMark.NobodyEntry) is { } nobody
                ? new RequestUnansweredException(channel, request.Type, nobody)
                : new RequestFailedException(channel, request.Type, RequestMark.TextOf(reply.Fields, RequestMark.FailureEntry) ?? "its reply has neither an answer nor a failure");
        }
        catch (Exception error) when (error is RequestException or ChannelFullException or ChannelLayerUnavailableException)
        {
            outcome = RequestMetrics.OutcomeOf(error);
            throw;
        }
        finally
        {
            _metrics.Ended(_time.GetElapsedTime(started), outcome);
        }
    }

    /// <summary>Asks a channel, and waits for an answer that is a typed record.</summary>
    /// <typeparam name="TAnswer">The record.</typeparam>
    /// <inheritdoc cref="RequestAsync(string, ChannelMessage, TimeSpan?, CancellationToken)"/>
    /// <exception cref="RequestFailedException">Answering it failed, or the answer does not bind to the record.</exception>
    public async Task<TAnswer> RequestAsync<TAnswer>(string channel, ChannelMessage request, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where TAnswer : class, ITypedMessage<TAnswer>
    {
        var answer = await RequestAsync(channel, request, timeout, cancellationToken);
        return answer.TryRead<TAnswer>(out var body, out var error) ? body : throw new RequestFailedException(channel, request.Type, $"the answer is no {typeof(TAnswer).Name}: {error}");
    }

    /// <summary>Asks a channel with a typed record, and waits for an answer that is one.</summary>
    /// <typeparam name="TRequest">The record that asks.</typeparam>
    /// <typeparam name="TAnswer">The record that answers.</typeparam>
    /// <inheritdoc cref="RequestAsync{TAnswer}(string, ChannelMessage, TimeSpan?, CancellationToken)"/>
    public Task<TAnswer> RequestAsync<TRequest, TAnswer>(string channel, TRequest request, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where TRequest : class, ITypedMessage<TRequest>
        where TAnswer : class, ITypedMessage<TAnswer> => RequestAsync<TAnswer>(channel, ChannelMessage.Of(request), timeout, cancellationToken);

    /// <summary>Opens a channel of this process for an <see cref="AnsweringChannel"/>.</summary>
    internal ValueTask<ChannelInbox> NewChannelAsync(string prefix, CancellationToken cancellationToken) => _layer.NewChannelAsync(prefix, cancellationToken);

    /// <summary>Where failures are logged.</summary>
    internal ILogger Logger => _logger;

    /// <summary>The clock.</summary>
    internal TimeProvider Time => _time;

    /// <summary>Closes the reply channel. Requests that are waited for end at their deadline.</summary>
    public ValueTask DisposeAsync()
    {
        Answers.Dispose();
        return _inbox.DisposeAsync();
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => _ = DisposeAsync().AsTask(); // it ends by itself

    private async Task<ChannelMessage> ExchangeAsync(string channel, ChannelMessage request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var pending = new PendingRequest();
        _pending[pending.Id] = pending;
        ChannelLayerUnavailableException? doubt = null;
        try
        {
            var marked = new RequestMark(pending.Id, await _inbox.OpenAsync(either.Token), timeout).On(request);
            try
            {
                await _layer.SendAsync(channel, marked, either.Token);
            }
            catch (ChannelLayerUnavailableException error) when (error.OutcomeUnknown)
            {
                doubt = error; // it may be answered by now, and whoever is told that it failed would ask once more
            }

            return await RepeatAsync(pending, channel, marked, either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw pending.BegunAt is not null ? new RequestTimedOutException(channel, request.Type, timeout)
                : doubt ?? (Exception)new RequestUnansweredException(channel, request.Type, $"no reader has taken it up within {timeout}");
        }
        finally
        {
            _pending.TryRemove(pending.Id, out _);
            if (!pending.Reply.IsCompleted && pending.BegunAt is { } answerer)
            {
                _ = UnclaimedRequests.SendAsync(_layer, answerer, RequestMark.Cancel(pending.Id));
            }
        }
    }

    // Layers may lose messages. These reach whoever had the request the first time, or should have had it, and nobody else.
    private async Task<ChannelMessage> RepeatAsync(PendingRequest pending, string channel, ChannelMessage request, CancellationToken cancellationToken)
    {
        var mayRepeat = channel.Contains('!', StringComparison.Ordinal) || !_layer.Features.HasFlag(ChannelLayerFeatures.CompetingReaders);
        for (var pause = FirstRepeat; ; pause = pause * 2 < LongestRepeat ? pause * 2 : LongestRepeat)
        {
            try
            {
                return await pending.Reply.WaitAsync(pause, _time, cancellationToken);
            }
            catch (TimeoutException) when (pending.BegunAt is { } answerer)
            {
                await UnclaimedRequests.SendAsync(_layer, answerer, RequestMark.Again(pending.Id)).WaitAsync(cancellationToken);
            }
            catch (TimeoutException)
            {
                if (mayRepeat)
                {
                    await UnclaimedRequests.SendAsync(_layer, channel, request).WaitAsync(cancellationToken);
                }
            }
        }
    }

    // Content of strangers: nothing in it may end the reading.
    private void Receive(ChannelMessage message)
    {
        if (RequestMark.IdOf(message) is not { } id)
        {
            return;
        }

        switch (message.Type)
        {
            case RequestMark.CancelType:
                Answers.Memory.Cancel(id);
                break;
            case RequestMark.AgainType:
                _ = Answers.ReplyAgainAsync(id);
                break;
            case RequestMark.ReplyType when _pending.TryGetValue(id, out var pending):
                pending.Receive(message);
                break;
            case RequestMark.ReplyType when RequestMark.TextOf(message.Fields, RequestMark.BegunEntry) is { } answerer:
                _ = UnclaimedRequests.SendAsync(_layer, answerer, RequestMark.Cancel(id)); // it began when nobody waited any more
                break;
        }
    }
}
