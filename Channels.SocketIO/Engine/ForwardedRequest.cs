namespace Channels.SocketIO;

/// <summary>One polling request for a session that another process holds.</summary>
/// <param name="forwarding">The way there.</param>
/// <param name="owner">The process.</param>
/// <param name="id">The session.</param>
/// <param name="scope">The request.</param>
/// <param name="answer">Its answer.</param>
internal sealed class ForwardedRequest(SessionForwarding forwarding, string owner, string id, HttpScope scope, PollingAnswer answer)
{
    /// <summary>Serves the request.</summary>
    /// <param name="receive">Its events.</param>
    /// <param name="most">How many bytes its body may have.</param>
    public Task ServeAsync(Receive receive, int most) => scope.Method == "GET" ? PollAsync(receive) : PostAsync(receive, most);

    private async Task PollAsync(Receive receive)
    {
        using var gone = new CancellationTokenSource();
        var asked = forwarding.PollAsync(owner, id, UserKey.Of(scope.User), gone.Token);
        var end = PollingAnswer.WaitForEndAsync(receive);
        if (await Task.WhenAny(asked, end) == end)
        {
            if (!(await end).IsServerStopping)
            {
                await gone.CancelAsync(); // the session's process hears of it, as of a client of its own
                await ((Task)asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await forwarding.LoseAsync(owner, id, UserKey.Of(scope.User)); // it may have answered in that very moment
                return;
            }

            await forwarding.ReleaseAsync(owner, id, asked); // this process stops, and not the session
        }

        var forwarded = await asked;
        try
        {
            await (forwarded.Refusal is { } refusal ? answer.RefuseAsync(refusal) : answer.PacketsAsync(forwarded.Body, forwarded.Compress));
        }
        catch (ConnectionClosedException) when (forwarded.Refusal is null)
        {
            await forwarding.LoseAsync(owner, id, UserKey.Of(scope.User));
        }
    }

    private async Task PostAsync(Receive receive, int most)
    {
        var body = PostBody.IsBinary(scope) ? new(default, IsComplete: true, IsTooLong: false) : await PostBody.ReadAsync(scope, receive, most, scope.Aborted);
        if (body.IsTooLong)
        {
            await answer.RefuseAsync(EngineIOError.TooLarge);
            return;
        }

        // What is no text, or has not come whole, ends the session there: nothing at all is no packet.
        var forwarded = await forwarding.PostAsync(owner, id, UserKey.Of(scope.User), body.IsComplete ? body.Bytes : default);
        await (forwarded.Refusal is { } refusal ? answer.RefuseAsync(refusal) : answer.OkAsync());
    }
}
