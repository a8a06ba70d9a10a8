using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Channels.SocketRouter;

/// <summary>
/// Serves one WebSocket whose client sends requests and gets replies, as over HTTP: routes are methods with
/// <see cref="SocketRouteAttribute"/>, the protocol is described in the guide "The protocol of the socket router". Handlers run beside
/// the consumer's loop: one after the other, except those of parallel routes, so that heartbeats are answered and layer messages handled
/// while they are at work.
/// </summary>
/// <remarks>
/// A bad request gets a status and never ends the connection; many malformed ones in a row do. Fields that parallel routes or layer
/// messages share with other handlers need a lock.
/// </remarks>
#pragma warning disable CA1001 // ended by OnEndAsync, which runs for every consumer
public abstract class SocketRouterConsumer : WebSocketConsumer, ITopicPeer
{
    private const string Heartbeat = "PING";
    private const string Cancel = "$cancel";
    private const int Forbidden = 1008;

    private static readonly SocketRouterOptions Defaults = new();

    private SocketRouterOptions? _options;
    private TimeProvider? _time;
    private RequestRunner? _runner; // made by the first request
    private RequestRate? _rate;
    private IdleWatch? _idle;
    private JoinedTopics? _topics;
    private int _malformed; // in a row

    /// <summary>The routes; generated for a class with <see cref="SocketRouteAttribute"/> methods.</summary>
    protected abstract SocketRoutes Routes { get; }

    SocketRouterOptions IRequestPeer.Options => Options;

    IServiceProvider IRequestPeer.Services => Scope.Services;

    CancellationToken IRequestPeer.Aborted => Aborted;

    IGroupHistory IRequestPeer.History => History;

    string IRequestPeer.User => UserKey ?? "";

    JoinedTopics ITopicPeer.Topics => Topics;

    ConsumerGroups ITopicPeer.Groups => Groups;

    string ITopicPeer.Connection => ChannelName ?? "";

    IChannelLayer ITopicPeer.Layer => RequireLayer();

    IGroupPresence ITopicPeer.Presence => Capability<IGroupPresence>("presence");

    TimeProvider ITopicPeer.Time => Time;

    private SocketRouterOptions Options => _options ??= Scope.Services.GetService<IOptions<SocketRouterOptions>>()?.Value ?? Defaults;

    private TimeProvider Time => _time ??= Scope.Services.GetService<TimeProvider>() ?? TimeProvider.System;

    /// <summary>
    /// Whether this client may use the router. One that may not is let in and closed with 1008, which clients take as final; a refused
    /// handshake they would repeat. Default true.
    /// </summary>
    protected virtual ValueTask<bool> MayConnectAsync() => new(true);

    /// <summary>Whether the client may join a topic: read its messages, and see who is present. Default nobody may join anything.</summary>
    /// <param name="topic">The topic: 1 to 256 characters that the client has chosen.</param>
    /// <param name="request">The <c>$join</c> request.</param>
    protected virtual ValueTask<bool> MayJoinAsync(string topic, SocketRequest request) => new(false);

    /// <summary>Who is at the other end, as acknowledgements and idempotency keys are kept by; null for nobody in particular. Default the user's name.</summary>
    protected virtual string? UserKey => Scope.User?.Identity?.Name;

    /// <summary>The key under which the client is present in a topic; several connections of one key count once. Default <see cref="UserKey"/>, or one of this connection alone.</summary>
    /// <param name="topic">The topic.</param>
    protected virtual string PresenceKey(string topic) => UserKey ?? ChannelName ?? "";

    /// <inheritdoc/>
    protected override async ValueTask OnConnectAsync()
    {
        var may = await MayConnectAsync();
        await AcceptAsync();
        if (!may)
        {
            await CloseAsync(Forbidden, "not allowed");
        }
    }

    /// <summary>Sends the client a message that is no reply. Thread-safe.</summary>
    /// <typeparam name="T">The payload's type; its contract stands where those of the routes do.</typeparam>
    /// <param name="route">What the client tells its messages apart by; not <c>PONG</c>.</param>
    /// <param name="payload">The payload.</param>
    /// <exception cref="ArgumentException">The route is empty, or the heartbeat's.</exception>
    /// <exception cref="InvalidOperationException">There is no JSON contract for the payload.</exception>
    /// <exception cref="ConnectionClosedException">The connection has ended; need not be caught.</exception>
    protected ValueTask PushAsync<T>(string route, T payload) => SendTextAsync(ReplyWriter.Push(SocketPush.RouteJson(route), SocketPush.PayloadJson(payload, Routes.Contracts)));

    /// <summary>Writes a message into a topic's history and sends it to everybody who has joined, this client included if it has. Thread-safe.</summary>
    /// <typeparam name="T">The payload's type; its contract stands where those of the routes do.</typeparam>
    /// <param name="topic">The topic: 1 to 256 characters.</param>
    /// <param name="route">What subscribers tell its messages apart by; not <c>PONG</c>.</param>
    /// <param name="payload">The payload.</param>
    /// <returns>The message's position in the topic.</returns>
    /// <exception cref="ArgumentException">Topic or route are not valid.</exception>
    /// <exception cref="InvalidOperationException">There is no JSON contract for the payload, no layer, or one without a history.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The history is away; whether the message was written may be unknown.</exception>
    protected ValueTask<HistoryPosition> PublishAsync<T>(string topic, string route, T payload) =>
        SocketTopics.PublishAsync(History, topic, route, SocketPush.PayloadJson(payload, Routes.Contracts), CancellationToken.None);

    /// <summary>Messages of topics, and the news of who is present in them; an override calls the base for all it does not know.</summary>
    /// <param name="message">The message.</param>
    protected override Event? PassOn(ChannelMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.Type switch
        {
            TopicMessage.Type => TopicMessage.ToPush(message),
            PresenceNews.Joined or PresenceNews.Left when PresenceFrames.IsNews(message, out var group) && TopicName.FromGroup(group) is { } topic =>
                WebSocketSend.FromUtf8(PresenceFrames.Diff(topic, message)),
            _ => base.PassOn(message),
        };
    }

    /// <inheritdoc/>
    protected override ValueTask DispatchAsync(Event message) =>
        message is ChannelMessage news && PresenceFrames.IsNews(news, out var group) ? Topics.TellPresenceAsync(group, news) : base.DispatchAsync(message);

    /// <summary>Tells the client that messages of a topic are gone; an override calls the base for groups it does not know.</summary>
    /// <param name="group">The group.</param>
    protected override ValueTask OnHistoryGoneAsync(string group) => _topics?.HistoryGoneAsync(group) ?? ValueTask.CompletedTask;

    /// <summary>Calls <see cref="WebSocketConsumer.OnDisconnectAsync"/> when no handler runs any more; an override must call the base.</summary>
    /// <param name="failed">True when one of the consumer's own handlers failed.</param>
    protected override async ValueTask OnEndAsync(bool failed)
    {
        _idle?.Dispose();
        try
        {
            if (_runner is { } runner)
            {
                await runner.DisposeAsync();
            }

            if (_topics is { } topics)
            {
                await topics.EndAsync();
            }
        }
        finally
        {
            await base.OnEndAsync(failed);
        }
    }

    /// <inheritdoc/>
    protected override void OnSent(Event message)
    {
        base.OnSent(message);
        if (message is WebSocketAccept && Options.IdleTimeout > TimeSpan.Zero)
        {
            _idle = new(Options.IdleTimeout, Time, () => TrySendAsync(new WebSocketClose(1001, "silent for too long")));
        }
    }

    /// <inheritdoc/>
    protected sealed override ValueTask OnReceiveAsync(WebSocketReceive message)
    {
        ArgumentNullException.ThrowIfNull(message);
        _idle?.Note();
        if (!message.IsText)
        {
            return RefuseAsync(RequestId.Unknown, CallError.UnsupportedMediaType);
        }

        var isRequest = EnvelopeReader.TryRead(message.Payload, Options.MaxPayloadDepth, Routes.NameFinder, out var envelope);
        if (message.Payload.Length > Options.MaxRequestBytes)
        {
            return RefuseAsync(envelope, CallError.PayloadTooLarge);
        }

        if (!isRequest)
        {
            return RefuseMalformedAsync(envelope);
        }

        _malformed = 0;
        if (envelope.Route == Heartbeat)
        {
            return SendTextAsync(ReplyWriter.Pong(envelope.Id));
        }

        return TakeRate(out var retryAfter) ? StartAsync(envelope) : RefuseAsync(envelope, CallError.TooManyRequests, Bytes($$"""{"retryAfterMs":{{retryAfter}}}"""));
    }

    ValueTask<bool> ITopicPeer.MayJoinAsync(string topic, SocketRequest request) => MayJoinAsync(topic, request);

    string ITopicPeer.PresenceKeyOf(string topic) => PresenceKey(topic);

    void ITopicPeer.Detach(Func<CancellationToken, Task> work) => Detach(work);

    ValueTask ITopicPeer.CloseAsync(int code, string reason) => CloseAsync(code, reason);

    bool IRequestPeer.NoteLayerFailure(Exception error) => NoteLayerFailure(error);

    void IRequestPeer.NoteRefusal(string route, Exception error) => RouterFaults.Of(Scope.Services).PayloadRefused(route, error);

    void IRequestPeer.BeginBurst() => BeginBurst();

    void IRequestPeer.EndBurst() => EndBurst();

    ValueTask IRequestPeer.SendAsync(ReadOnlyMemory<byte> frame) => TrySendAsync(WebSocketSend.FromUtf8(frame));

    private T Capability<T>(string name)
        where T : class => (Scope.Services as IKeyedServiceProvider)?.GetKeyedService<T>(RequireLayer().Alias)
        ?? throw new InvalidOperationException($"{GetType().Name} needs a channel layer with {name}: those in memory and over Redis have it.");

    // Beside the loop, which judges what it meets itself.
    private async ValueTask TrySendAsync(Event message)
    {
        try
        {
            await SendAsync(message);
        }
        catch (Exception error) when (error is ConnectionClosedException or IllegalEventException or OperationCanceledException)
        {
            // The client has gone, or is being told to go: nobody is left to answer.
        }
        catch (Exception error)
        {
            RouterFaults.Of(Scope.Services).SendFailed(GetType(), error); // of middleware around the connection; the loop will meet it, too
        }
    }

    private static ReadOnlyMemory<byte> Bytes(string json) => System.Text.Encoding.ASCII.GetBytes(json);

    private bool TakeRate(out int retryAfter)
    {
        retryAfter = 0;
        return Options.RequestsPerSecond == 0 || (_rate ??= new(Options.RequestsPerSecond, Options.RequestBurst, Time)).TryTake(out retryAfter);
    }

    private ValueTask StartAsync(in Envelope envelope)
    {
        var name = envelope.Route!; // a request has one
        if (name == Cancel)
        {
            return CancelAsync(envelope);
        }

        return (name is ['$', ..] ? TopicRoutes.Find(name) : Routes.Find(name)) is not { } route ? RefuseAsync(envelope, CallError.RouteNotFound)
            : Runner.TryAdd(new SocketRequest(this, route, envelope) { Deadline = DeadlineOf(route, envelope.Control) }) ? ValueTask.CompletedTask
            : RefuseAsync(envelope, CallError.ServiceUnavailable);
    }

    private JoinedTopics Topics => _topics ??= new(this);

    private IGroupHistory History => Capability<IGroupHistory>("history");

    private RequestRunner Runner => _runner ??= new(this, this, RouterFaults.Of(Scope.Services), Time);

    private long DeadlineOf(SocketRoute route, in ControlHeaders control)
    {
        var timeout = route.TimeoutMs > 0 ? route.TimeoutMs : Options.RequestTimeout.TotalMilliseconds;
        timeout = control.Timeout > 0 ? Math.Min(control.Timeout, timeout) : timeout;
        return Time.GetTimestamp() + (long)(timeout / 1_000 * Time.TimestampFrequency);
    }

    // At once, and not in order: what it cancels may stand before it.
    private async ValueTask CancelAsync(Envelope envelope)
    {
        var found = CancelRequest.TryRead(envelope.Payload, out var id) && _runner is { } runner && await runner.TryCancelAsync(id);
        await (found ? ReplyAsync(envelope.Id, envelope.Control, 200, default, default) : RefuseAsync(envelope, CallError.NotRunning));
    }

    private async ValueTask RefuseMalformedAsync(Envelope envelope)
    {
        await RefuseAsync(envelope, CallError.BadRequestFormat);
        if (++_malformed == Options.MaxMalformedRequests)
        {
            await CloseAsync(Forbidden, "malformed requests");
        }
    }

    private ValueTask RefuseAsync(RequestId id, CallError error) => ReplyAsync(id, default, CallErrors.StatusOf(error), CallErrors.PayloadOf(error), default);

    private ValueTask RefuseAsync(in Envelope envelope, CallError error, ReadOnlyMemory<byte> headers = default) =>
        ReplyAsync(envelope.Id, envelope.Control, CallErrors.StatusOf(error), CallErrors.PayloadOf(error), headers);

    private ValueTask ReplyAsync(RequestId id, in ControlHeaders control, int status, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> headers) => control.NoReply
        ? ValueTask.CompletedTask
        : SendTextAsync(ReplyWriter.Reply(headers.Span, payload.Span, id, status));
}
