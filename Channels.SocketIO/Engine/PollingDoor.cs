using System.Globalization;

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

        if (runtime.Origins.Refuses(scope.Headers))
        {
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

        if (runtime.Find(id) is not { } session)
        {
            return answer.RefuseAsync(EngineIOError.SessionUnknown);
        }

        if (!isPolling || query.Version != EngineIOQuery.Revision)
        {
            return answer.RefuseAsync(EngineIOError.BadRequest);
        }

        return !session.BelongsTo(scope) ? answer.RefuseAsync(EngineIOError.Forbidden) : scope.Method switch
        {
            "GET" => PollAsync(session, receive, answer),
            "POST" => PostAsync(session, scope, receive, answer),
            _ => answer.RefuseAsync(EngineIOError.MethodNotAllowed),
        };
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
        if (session.FindObjection() is { } objection)
        {
            await answer.RefuseAsync(objection);
            return;
        }

        if (!session.Outbound.TryWait(poll))
        {
            session.Fail(DisconnectReason.TransportError, "a poll that came while another one waited");
            await answer.RefuseAsync(EngineIOError.BadRequest);
            return;
        }

        if (!poll.Task.IsCompleted && await WaitAsync(session, poll, receive))
        {
            session.Outbound.Forget(poll);
            session.OnRequestLost();
            return;
        }

        try
        {
            await answer.PacketsAsync(session.Take(poll));
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

    // True when the client has gone.
    private static async Task<bool> WaitAsync(EngineIOSession session, WaitingPoll poll, Receive receive)
    {
        var end = WaitForEndAsync(receive);
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

    private static async Task<HttpDisconnect> WaitForEndAsync(Receive receive)
    {
        while (true)
        {
            if (await receive() is HttpDisconnect end)
            {
                return end;
            }
        }
    }

    private async Task PostAsync(EngineIOSession session, HttpScope scope, Receive receive, PollingAnswer answer)
    {
        var objection = session.FindObjection();
        if (objection is null && !session.TryBeginPost())
        {
            session.Fail(DisconnectReason.TransportError, "a POST that came while another one was read");
            objection = EngineIOError.BadRequest;
        }

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
            session.EndPost();
        }

        await (objection is null ? answer.OkAsync() : answer.RefuseAsync(objection));
    }

    private async Task<EngineIOError?> ReadAsync(EngineIOSession session, HttpScope scope, Receive receive)
    {
        if (scope.Headers["content-type"]?.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase) == true)
        {
            session.Fail(DisconnectReason.TransportError, "a POST of bytes, which this revision of the protocol does not have");
            return EngineIOError.BadRequest;
        }

        var most = runtime.Options.MaxPayload;
        if (long.TryParse(scope.Headers["content-length"], NumberStyles.None, CultureInfo.InvariantCulture, out var declared) && declared > most)
        {
            return EngineIOError.TooLarge;
        }

        var body = await PostBody.ReadAsync(receive, most, session.Aborted);
        if (body.IsTooLong)
        {
            return EngineIOError.TooLarge;
        }

        if (!body.IsComplete)
        {
            session.OnRequestLost();
            throw new ConnectionClosedException();
        }

        return await HandAsync(session, body.Bytes) ? null : EngineIOError.BadRequest;
    }

    // False when what was sent is no packet; those before it count.
    private static async Task<bool> HandAsync(EngineIOSession session, ReadOnlyMemory<byte> body)
    {
        if (!PollingPayload.IsText(body.Span))
        {
            session.Fail(DisconnectReason.ParseError, "a body that holds no packets");
            return false;
        }

        ReadOnlyMemory<byte>? rest = body;
        while (rest is not null)
        {
            if (!PollingPayload.TryTake(ref rest, out var packet))
            {
                session.Fail(DisconnectReason.ParseError, "a malformed packet");
                return false;
            }

            await session.ReceiveAsync(packet);
            if (packet.Type == EnginePacketType.Close)
            {
                return true;
            }
        }

        return session.IsKnown;
    }
}
