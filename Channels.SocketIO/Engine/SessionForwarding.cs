using System.Diagnostics.CodeAnalysis;

namespace Channels.SocketIO;

/// <summary>
/// Carries polling requests between processes: one that reaches a process which does not hold its session is put to the one
/// that does, whose name stands in the session's id, and answered with what that one answers. Thread-safe.
/// </summary>
internal sealed class SessionForwarding
{
    private const string Prefix = "engineio";
    private const string Find = "engineio.find";
    private const string Poll = "engineio.poll";
    private const string Release = "engineio.release";
    private const string Post = "engineio.post";
    private const string Lose = "engineio.lose";
    private const int MostAnswered = 100_000;

    // A poll waits no longer in one piece, so that a process that was killed does not keep a client waiting.
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FindTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PostTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReleaseInterval = TimeSpan.FromSeconds(1);

    private readonly EngineIORuntime _runtime;
    private readonly ChannelRequests _requests;
    private readonly SessionOwners _owners;
    private readonly TimeProvider _time;
    private readonly TimeSpan _hold;
    private Task<AnsweringChannel>? _opening;

    /// <param name="runtime">The sessions of this process.</param>
    /// <param name="requests">How other processes are asked.</param>
    /// <param name="time">The clock.</param>
    public SessionForwarding(EngineIORuntime runtime, ChannelRequests requests, TimeProvider time)
    {
        (_runtime, _requests, _owners, _time) = (runtime, requests, new SessionOwners(time), time);
        _hold = TimeSpan.FromMilliseconds(Math.Min(runtime.PingInterval, LongestHold.TotalMilliseconds));
    }

    // Null while the layer is away: sessions that are opened then are served by this process alone.
    private string? Name
    {
        get
        {
            var opening = Volatile.Read(ref _opening);
            if (opening is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _ = Interlocked.CompareExchange(ref _opening, OpenAsync(), opening);
            }

            return _opening is { IsCompletedSuccessfully: true } open ? open.Result.Name : null;
        }
    }

    /// <summary>What an id ends in, so that other processes find the session; empty while they cannot.</summary>
    public string Suffix => Name is { } name ? name[CommonPart(name)..].Replace('!', '~') : "";

    /// <summary>Opens the channel by which other processes ask; a layer that is away is tried again later.</summary>
    public async Task StartAsync()
    {
        _ = Name;
        await ((Task)_opening!).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // set by Name
    }

    /// <summary>Closes the channel.</summary>
    public async Task StopAsync()
    {
        if (_opening is { IsCompletedSuccessfully: true } open)
        {
            await (await open).DisposeAsync();
        }
    }

    /// <summary>Who else holds a session, by its id.</summary>
    public bool TryFindOwner(string id, [NotNullWhen(true)] out string? owner)
    {
        owner = null;
        if (id.Length <= EngineIORuntime.IdLength || Name is not { } own)
        {
            return false;
        }

        // Nothing else than what such a channel is called can be named, whatever a client writes.
        var name = $"{own[..CommonPart(own)]}{id[EngineIORuntime.IdLength..].Replace('~', '!')}";
        if (name.Length == own.Length && name[CommonPart(own)] == '.' && name.Contains('!', StringComparison.Ordinal) == own.Contains('!', StringComparison.Ordinal) && ChannelNames.IsChannel(name) && name != own)
        {
            owner = name;
        }

        return owner is not null;
    }

    /// <summary>A GET for a session of another process.</summary>
    /// <param name="owner">The process.</param>
    /// <param name="id">The session.</param>
    /// <param name="user">Whose request it is.</param>
    /// <param name="gone">Fires when the client has gone.</param>
    public async Task<ForwardedAnswer> PollAsync(string owner, string id, string? user, CancellationToken gone)
    {
        while (true)
        {
            var answer = await AskAsync(owner, Poll, new() { ["sid"] = id, ["user"] = user, ["turn"] = NewTurn(), ["hold"] = (long)_hold.TotalMilliseconds }, _hold + FindTime, gone);
            if (!answer.IsNothingYet)
            {
                return answer;
            }
        }
    }

    /// <summary>Lets a GET end that waits at another process, because this one stops.</summary>
    /// <param name="owner">The process.</param>
    /// <param name="id">The session.</param>
    /// <param name="asked">What <see cref="PollAsync"/> returned.</param>
    public async Task ReleaseAsync(string owner, string id, Task asked)
    {
        do
        {
            // One that is on its way there, as the first or the next piece of a wait, is not there to be let go: it is said again.
            await AskAsync(owner, Release, new() { ["sid"] = id }, FindTime, CancellationToken.None);
            await asked.WaitAsync(ReleaseInterval, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (!asked.IsCompleted);
    }

    /// <summary>The client has gone while its GET was open: what it was answered with, if it was, has not arrived.</summary>
    public Task LoseAsync(string owner, string id, string? user) => AskAsync(owner, Lose, new() { ["sid"] = id, ["user"] = user }, FindTime, CancellationToken.None);

    /// <summary>A POST for a session of another process.</summary>
    /// <param name="owner">The process.</param>
    /// <param name="id">The session.</param>
    /// <param name="user">Whose request it is.</param>
    /// <param name="body">What the client sends.</param>
    public Task<ForwardedAnswer> PostAsync(string owner, string id, string? user, ReadOnlyMemory<byte> body) =>
        AskAsync(owner, Post, new() { ["sid"] = id, ["user"] = user, ["turn"] = NewTurn(), ["body"] = body.ToArray() }, PostTime, CancellationToken.None);

    // What tells a request that comes once more, because its answer was lost, from the next one.
    private static string NewTurn() => Guid.NewGuid().ToString("N");

    // How much of such a channel's name is the same in all processes: the layer's prefix, where it has one, and ours.
    private static int CommonPart(string name) => name.IndexOf(Prefix, StringComparison.Ordinal) + Prefix.Length;

    private async Task<AnsweringChannel> OpenAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // nobody waits for a layer that is slow to say it is away
        return await AnsweringChannel.OpenAsync(_requests, AnswerAsync, Prefix, MostAnswered);
    }

    private async Task<ForwardedAnswer> AskAsync(string owner, string what, MessageMap fields, TimeSpan time, CancellationToken gone)
    {
        try
        {
            if (!await _owners.FindAsync(owner, () => IsThereAsync(owner), gone))
            {
                return new(EngineIOError.SessionUnknown);
            }

            var answer = ForwardedAnswer.From(await _requests.RequestAsync(owner, new(what, fields), time, gone));
            _owners.OnAnswered(owner);
            return answer;
        }
        catch (Exception error) when (error is RequestUnansweredException || (error is RequestTimedOutException && what == Poll)) // whoever lives has an answer to a poll in time
        {
            _owners.OnSilent(owner);
            return new(EngineIOError.SessionUnknown);
        }
        catch (Exception error) when (error is RequestException or ChannelFullException or ChannelLayerUnavailableException)
        {
            // Whether it was carried out is not known, and a client that hears of an error begins anew.
            _runtime.Log.NotForwarded(error);
            return new(EngineIOError.Unreachable);
        }
    }

    private async Task<bool> IsThereAsync(string owner)
    {
        try
        {
            await _requests.RequestAsync(owner, new(Find), FindTime);
            return true;
        }
        catch (Exception error) when (error is RequestException or ChannelFullException)
        {
            return false;
        }
    }

    // What another process asks of this one. Content of strangers where the layer is shared: whatever does not fit is an error there.
    private async ValueTask<ChannelMessage?> AnswerAsync(ChannelMessage question, CancellationToken gone)
    {
        if (question.Type == Find)
        {
            return null;
        }

        var fields = question.Fields;
        if (_runtime.Find(fields["sid"].GetText()) is not { } session)
        {
            return new ForwardedAnswer(EngineIOError.SessionUnknown).ToMessage();
        }

        if (question.Type == Release)
        {
            session.Outbound.ReleasePoll();
            return ForwardedAnswer.Ok.ToMessage();
        }

        if (!session.BelongsTo(fields["user"] is { IsNull: false } user ? user.GetText() : null))
        {
            return new ForwardedAnswer(EngineIOError.Forbidden).ToMessage();
        }

        if (question.Type == Lose)
        {
            session.OnRequestLost();
            return ForwardedAnswer.Ok.ToMessage();
        }

        var turn = fields.TryGetValue("turn", out var number) && number.Kind == MessageValueKind.Text ? number.GetText() : null;
        if (session.Turns.Find(turn) is { } known)
        {
            return known.ToMessage();
        }

        var answer = question.Type == Post
            ? await AnswerPostAsync(session, fields["body"].GetBytes())
            : await AnswerPollAsync(session, TimeSpan.FromMilliseconds(Math.Clamp(fields["hold"].GetInt64(), 0, (long)LongestHold.TotalMilliseconds)), gone);
        session.Turns.Keep(turn, isPost: question.Type == Post, answer);
        return answer.ToMessage();
    }

    private async Task<ForwardedAnswer> AnswerPostAsync(EngineIOSession session, ReadOnlyMemory<byte> body)
    {
        if (PollingTurns.BeginPost(session) is { } refusal)
        {
            return new(refusal);
        }

        var held = default(MemoryShare); // the request's own holder is another process's
        held.Set(body.Length, session.Memory);
        try
        {
            return await PollingTurns.HandAsync(session, body, _runtime.Metrics) ? ForwardedAnswer.Ok : new(EngineIOError.BadRequest);
        }
        finally
        {
            held.Set(0, session.Memory);
            session.Turns.EndPost();
        }
    }

    private async Task<ForwardedAnswer> AnswerPollAsync(EngineIOSession session, TimeSpan hold, CancellationToken gone)
    {
        var poll = new WaitingPoll();
        if (PollingTurns.BeginPoll(session, poll) is { } refusal)
        {
            return new(refusal);
        }

        try
        {
            await poll.Task.WaitAsync(hold, _time, gone);
        }
        catch (TimeoutException)
        {
            session.Outbound.Forget(poll);
            if (!poll.Task.IsCompleted)
            {
                return ForwardedAnswer.NothingYet;
            }
        }
        catch (OperationCanceledException)
        {
            session.Outbound.Forget(poll);
            if (session.IsOpen || !poll.Task.IsCompleted)
            {
                session.OnRequestLost();
                throw;
            }

            // This process stops, and has ended the session: the answer tells its client.
        }

        var packets = session.Take(poll);
        session.Outbound.OnAnswered();
        return new(Refusal: null, PollingPayload.Join(packets), packets.Any(packet => packet.Compress));
    }
}
