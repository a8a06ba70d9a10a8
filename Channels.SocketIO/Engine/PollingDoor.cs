namespace Channels.SocketIO;

/// <summary>Serves the requests of polling clients: handshakes, polls, and what they send.</summary>
/// <param name="runtime">What all sessions share.</param>
internal sealed class PollingDoor(EngineIORuntime runtime)
{
    public Task ServeAsync(HttpScope scope, Receive receive, Send send)
    {
        var answer = new PollingAnswer(runtime, scope, send);
        if (scope.Method == "OPTIONS" && runtime.Origins.IsOn)
        {
            return answer.PreflightAsync();
        }

        if (runtime.Origins.FindRefusal(scope.Headers) is { } foreign)
        {
            runtime.OriginLog.Refused(scope, foreign, $"{nameof(EngineIOOptions)}.{nameof(EngineIOOptions.AllowedOrigins)}");
            return answer.RefuseAsync(EngineIOError.Forbidden);
        }

        var query = EngineIOQuery.Parse(scope.QueryString);
        var isPolling = query.Transport == EngineIOQuery.Polling && runtime.Options.AllowPolling;
        if (!isPolling && !(query.Transport == EngineIOQuery.WebSocket && runtime.Options.AllowWebSocket))
        {
            return answer.RefuseAsync(EngineIOError.TransportUnknown);
        }

        if (query.SessionId is not { } id)
        {
            return scope.Method != "GET" ? answer.RefuseAsync(EngineIOError.BadMethod)
                : !isPolling ? answer.RefuseAsync(EngineIOError.BadRequest)
                : query.Version != EngineIOQuery.Revision ? answer.RefuseAsync(EngineIOError.UnsupportedVersion)
                : OpenAsync(scope, answer);
        }

        var (session, owner) = (runtime.Find(id), default(string));
        if (session is null && runtime.Forwarding?.TryFindOwner(id, out owner) != true)
        {
            return answer.RefuseAsync(EngineIOError.SessionUnknown);
        }

        if (!isPolling || query.Version != EngineIOQuery.Revision)
        {
            return answer.RefuseAsync(EngineIOError.BadRequest);
        }

        if (scope.Method is not ("GET" or "POST"))
        {
            return answer.RefuseAsync(EngineIOError.MethodNotAllowed);
        }

        return session is null ? new ForwardedRequest(runtime.Forwarding!, owner!, id, scope, answer).ServeAsync(receive, runtime.Options.MaxPayload) // asked above
            : !session.BelongsTo(UserKey.Of(scope.User)) ? answer.RefuseAsync(EngineIOError.Forbidden)
            : scope.Method == "GET" ? PollAsync(session, receive, answer)
            : PostAsync(session, scope, receive, answer);
    }

    private async Task OpenAsync(HttpScope scope, PollingAnswer answer)
    {
        if (await runtime.FindRefusalAsync(scope) is { } refusal)
        {
            await answer.RefuseAsync(refusal);
        }
        else if (!runtime.TryOpen(scope, link: null, out var session))
        {
            await answer.RefuseAsync(EngineIOError.TooManySessions);
        }
        else
        {
            session.Start(scope);
            await answer.OpenAsync(session);
        }
    }

    private static async Task PollAsync(EngineIOSession session, Receive receive, PollingAnswer answer)
    {
        var poll = new WaitingPoll();
        if (PollingTurns.BeginPoll(session, poll) is { } refusal)
        {
            await answer.RefuseAsync(refusal);
            return;
        }

        session.Turns.ConfirmPoll();
        if (!poll.Task.IsCompleted && await IsLostAsync(session, poll, receive))
        {
            session.Outbound.Forget(poll);
            session.OnRequestLost();
            return;
        }

        try
        {
            var packets = session.Take(poll);
            await answer.PacketsAsync(packets.Count == 1 ? packets[0].GetPayload() : PollingPayload.Join(packets), packets.Any(packet => packet.Compress));
        }
        catch (ConnectionClosedException)
        {
            session.OnRequestLost();
        }
        finally
        {
            session.Outbound.OnAnswered();
        }
    }

    // Whether the client has gone, and not the wait come to its end.
    private static async Task<bool> IsLostAsync(EngineIOSession session, WaitingPoll poll, Receive receive)
    {
        var end = PollingAnswer.WaitForEndAsync(receive);
        if (await Task.WhenAny(poll.Task, end) == poll.Task)
        {
            return false;
        }

        if (!(await end).IsServerStopping)
        {
            return !poll.Task.IsCompleted;
        }

        session.ShutDown();
        await poll.Task; // the farewell
        return false;
    }

    private async Task PostAsync(EngineIOSession session, HttpScope scope, Receive receive, PollingAnswer answer)
    {
        var objection = PollingTurns.BeginPost(session);
        if (objection is not null)
        {
            await answer.RefuseAsync(objection);
            return;
        }

        try
        {
            objection = await ReadAsync(session, scope, receive);
        }
        catch (OperationCanceledException) when (session.Aborted.IsCancellationRequested)
        {
            objection = EngineIOError.BadRequest; // the session has ended while the body was on its way
        }
        finally
        {
            session.Turns.EndPost();
        }

        await (objection is null ? answer.OkAsync() : answer.RefuseAsync(objection));
    }

    private async Task<EngineIOError?> ReadAsync(EngineIOSession session, HttpScope scope, Receive receive)
    {
        if (PostBody.IsBinary(scope))
        {
            session.Fail(DisconnectReason.TransportError, "a POST of bytes, which this revision of the protocol does not have");
            return EngineIOError.BadRequest;
        }

        var body = await PostBody.ReadAsync(scope, receive, runtime.Options.MaxPayload, session.Aborted);
        if (body.IsTooLong)
        {
            return EngineIOError.TooLarge;
        }

        if (!body.IsComplete)
        {
            session.OnRequestLost();
            throw new ConnectionClosedException();
        }

        try
        {
            return await PollingTurns.HandAsync(session, body.Bytes, runtime.Metrics).WaitAsync(scope.Aborted) ? null : EngineIOError.BadRequest;
        }
        catch (OperationCanceledException)
        {
            session.OnRequestLost(); // the client has gone, or been given up, while there was no room for what it has sent
            throw new ConnectionClosedException();
        }
    }
}
