using System.Text.Json.Nodes;

namespace Channels.SocketRouter;

/// <summary>
/// Runs a handler once for each idempotency key. Claims and answers stand in a history of the key's own, whose numbers say who was
/// first, in one process or in many: the first claim runs, later ones find its answer, or that it is at work.
/// </summary>
internal static class IdempotentRequests
{
    private const string Prefix = "sr.i.";
    private const string Claim = "socketrouter.claim";
    private const string Answer = "socketrouter.answer";
    private const int Most = 1_000;
    private const int RetryMs = 200;

    /// <summary>Answers a request; null when its handler had to stop, which is as if it had not been asked for.</summary>
    public static async ValueTask<SocketAnswer?> RunAsync(IGroupHistory history, TimeProvider time, string user, SocketRequest request, Func<SocketRequest, ValueTask<SocketAnswer?>> run)
    {
        var group = Prefix + WireDigest.Of($"{user}\n{request.Route}\n{request.Control.IdempotencyKey}");
        var now = time.GetUtcNow();

        // Repeats only look: were each to leave a claim, enough of them would push the answer out of what the history keeps.
        var known = await LookAsync(history, group, now);
        if (known.Answer is { } given)
        {
            return given;
        }

        var until = (now + time.GetElapsedTime(time.GetTimestamp(), request.Deadline)).ToUnixTimeMilliseconds();
        if (!known.IsOwned)
        {
            var own = await history.AppendAsync(group, Claims(now.ToUnixTimeMilliseconds(), until));
            known = await LookAsync(history, group, now);
            if (known.Answer is { } meanwhile)
            {
                return meanwhile;
            }

            known = known with { IsOwned = known.Owner != own };
        }

        if (known.IsOwned)
        {
            return SocketAnswer.Refuse(CallError.Conflict, headers: new JsonObject { ["retryAfterMs"] = RetryMs });
        }

        if (await run(request) is not { } answer)
        {
            // The next claim counts at once: this one takes the place of the own, and of no one's that came when its time was over.
            await history.AppendAsync(group, Claims(until + 1, 0));
            return null;
        }

        await history.AppendAsync(group, new ChannelMessage(Answer, new() { ["s"] = answer.Status, ["p"] = answer.Payload.ToArray(), ["h"] = answer.Headers.ToArray() }));
        return answer;
    }

    private static ChannelMessage Claims(long from, long until) => new(Claim, new() { ["from"] = from, ["until"] = until });

    private static async ValueTask<KeyState> LookAsync(IGroupHistory history, string group, DateTimeOffset now)
    {
        var page = await history.ReadAsync(group, HistoryPosition.Oldest, Most);
        HistoryPosition? owner = null;
        var ownedUntil = 0L;
        foreach (var entry in page.Messages)
        {
            if (entry.Type == Answer)
            {
                return new(null, false, Stored(entry.Fields));
            }

            // Whoever claimed and died gives way when its time is over.
            if (owner is null || entry.Fields["from"].GetInt64() > ownedUntil)
            {
                (owner, ownedUntil) = (entry.Position, entry.Fields["until"].GetInt64());
            }
        }

        return new(owner, owner is not null && now.ToUnixTimeMilliseconds() <= ownedUntil, null);
    }

    private static SocketAnswer Stored(MessageMap fields) => new((int)fields["s"].GetInt64(), fields["p"].GetBytes(), fields["h"].GetBytes());

    /// <summary>What the history tells of a key.</summary>
    /// <param name="Owner">Whose claim counts; null for nobody's.</param>
    /// <param name="IsOwned">Whether its time is not over yet.</param>
    /// <param name="Answer">What was answered; null for nothing yet.</param>
    private readonly record struct KeyState(HistoryPosition? Owner, bool IsOwned, SocketAnswer? Answer);
}
