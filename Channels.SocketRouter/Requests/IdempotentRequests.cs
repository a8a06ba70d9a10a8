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

    public static async ValueTask<SocketAnswer> RunAsync(IGroupHistory history, TimeProvider time, string user, SocketRequest request, Func<SocketRequest, ValueTask<SocketAnswer>> run)
    {
        var group = Prefix + WireDigest.Of($"{user}\n{request.Route}\n{request.Control.IdempotencyKey}");
        var now = time.GetUtcNow();
        var until = now + time.GetElapsedTime(time.GetTimestamp(), request.Deadline);
        var own = await history.AppendAsync(group, new ChannelMessage(Claim, new() { ["from"] = now.ToUnixTimeMilliseconds(), ["until"] = until.ToUnixTimeMilliseconds() }));
        var page = await history.ReadAsync(group, HistoryPosition.Oldest, Most);
        HistoryPosition? owner = null;
        var ownedUntil = 0L;
        foreach (var entry in page.Messages)
        {
            if (entry.Type == Answer)
            {
                return Stored(entry.Fields);
            }

            // Whoever claimed and died gives way when its time is over.
            if (owner is null || entry.Fields["from"].GetInt64() > ownedUntil)
            {
                (owner, ownedUntil) = (entry.Position, entry.Fields["until"].GetInt64());
            }
        }

        if (owner != own)
        {
            return SocketAnswer.Refuse(CallError.Conflict, headers: new JsonObject { ["retryAfterMs"] = RetryMs });
        }

        var answer = await run(request);
        await history.AppendAsync(group, new ChannelMessage(Answer, new() { ["s"] = answer.Status, ["p"] = answer.Payload.ToArray(), ["h"] = answer.Headers.ToArray() }));
        return answer;
    }

    private static SocketAnswer Stored(MessageMap fields) => new((int)fields["s"].GetInt64(), fields["p"].GetBytes(), fields["h"].GetBytes());
}
