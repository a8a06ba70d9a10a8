namespace Channels;

/// <summary>How consumers answer requests, and what becomes of those that they cannot.</summary>
internal static class ConsumerAnswers
{
    /// <summary>Carries a request out for a consumer; a failure that is not its peer's leaving goes to whoever asked, and no further.</summary>
    public static async ValueTask AnswerAsync(Consumer consumer, ConsumerContext context, ChannelMessage request, Func<ChannelMessage, CancellationToken, ValueTask<ChannelMessage?>> answer)
    {
        var aborted = context.Scope.Aborted;
        if (!RequestMark.IsOn(request) || context.Layer is not { } layer)
        {
            await answer(RequestMark.Without(request), aborted);
            return;
        }

        if (!RequestMark.TryRead(request, out var mark))
        {
            context.Faults.Dropped(consumer.GetType(), request, ConsumerDropReason.NotBindable, "its entry for requests needs a text 'id' and a channel 'reply_to'");
            return;
        }

        var requests = context.RequireRequests(layer);
        try
        {
            await requests.Answers.AnswerAsync(mark, token => answer(RequestMark.Without(request), token), aborted);
        }
        catch (Exception error) when (!EndedConnection.IsToldBy(error) && !(error is OperationCanceledException && aborted.IsCancellationRequested))
        {
            if (!context.Faults.IsForeign(consumer.GetType(), request, error))
            {
                context.Faults.AnswerFailed(consumer.GetType(), request, error);
            }
        }
    }

    /// <summary>Tells whoever asked that the consumer does not handle the message; nothing happens for one that is no request.</summary>
    public static ValueTask RefuseAsync(ConsumerContext context, ChannelMessage message, ConsumerDropReason reason, string detail)
    {
        if (!RequestMark.TryRead(message, out var mark) || context.Layer is not { } layer || context.FindRequests(layer) is not { } requests)
        {
            return ValueTask.CompletedTask;
        }

        return requests.Answers.RefuseAsync(mark, reason == ConsumerDropReason.UnknownType ? mark.Nobody(detail) : mark.Failure(detail));
    }
}
