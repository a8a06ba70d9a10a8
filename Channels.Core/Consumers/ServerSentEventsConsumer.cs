using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace Channels;

/// <summary>
/// Answers one HTTP request with a stream of server-sent events (WHATWG HTML, section 9.2). The stream stays open until
/// the client goes away or <see cref="CompleteAsync"/> is called; meanwhile handlers for layer messages run and send.
/// </summary>
public abstract class ServerSentEventsConsumer : HttpConsumer
{
    private long _lastSent;
    private volatile bool _opened;
    private int _completed; // 1 from the first completion on
    private TimeProvider _time = TimeProvider.System;

    /// <summary>What a client that reconnects has seen last: the <c>Last-Event-ID</c> header; null on the first connection.</summary>
    protected string? LastEventId => Scope.Headers["last-event-id"];

    /// <summary>
    /// How long the stream may be silent before a comment is sent, so that proxies keep it open and a lost client is
    /// noticed. Default 15 seconds; zero or less sends none.
    /// </summary>
    protected virtual TimeSpan KeepAliveInterval => TimeSpan.FromSeconds(15);

    /// <summary>
    /// When a client is asked to come back after the server has closed its stream, because it stops or somebody has sent
    /// <see cref="ChannelMessage.CloseConnection"/>. Default between one and five seconds, by chance, so that not all come in
    /// the same moment.
    /// </summary>
    protected virtual TimeSpan ReconnectDelay => TimeSpan.FromMilliseconds(Random.Shared.Next(1000, 5000));

    /// <summary>The stream is open. Default nothing.</summary>
    protected virtual ValueTask OnOpenAsync() => ValueTask.CompletedTask;

    /// <summary>Opens the stream; override <see cref="OnOpenAsync"/> instead, or this one to refuse the request with another response.</summary>
    protected override async ValueTask OnRequestAsync()
    {
        KeepOpen();
        await SendHeadersAsync(200, new HeaderList
        {
            { "content-type", "text/event-stream" },
            { "cache-control", "no-cache" },
            { "x-accel-buffering", "no" }, // nginx would hold the stream back
        });
        await SendBodyAsync(default, moreBody: true); // the headers must not wait for the first event
        _opened = true;
        _time = Scope.Services.GetService<TimeProvider>() ?? TimeProvider.System;
        _lastSent = _time.GetTimestamp();
        if (KeepAliveInterval > TimeSpan.Zero)
        {
            Detach(KeepAliveAsync);
        }

        await OnOpenAsync();
    }

    /// <summary>Sends one event. Thread-safe.</summary>
    /// <param name="data">The content; line breaks are kept.</param>
    /// <param name="name">The event's name; null for <c>message</c>.</param>
    /// <param name="id">What the client sends back as <c>Last-Event-ID</c>; null leaves the last one, empty resets it.</param>
    /// <param name="retry">How long the client waits before it reconnects; null leaves it.</param>
    /// <exception cref="ArgumentException">A line break in <paramref name="name"/> or <paramref name="id"/>, or a NUL in the latter.</exception>
    /// <exception cref="ConnectionClosedException">The client has gone; need not be caught.</exception>
    protected ValueTask SendEventAsync(string data, string? name = null, string? id = null, TimeSpan? retry = null) =>
        SendPartAsync(ServerSentEvent.Encode(data, name, id, retry));

    /// <summary>Sends one event whose content is JSON. Thread-safe.</summary>
    /// <typeparam name="T">The content's type.</typeparam>
    /// <param name="data">The content.</param>
    /// <param name="contract">Its JSON contract, usually from a source-generated context.</param>
    /// <param name="name">The event's name; null for <c>message</c>.</param>
    /// <param name="id">What the client sends back as <c>Last-Event-ID</c>; null leaves the last one, empty resets it.</param>
    protected ValueTask SendJsonEventAsync<T>(T data, JsonTypeInfo<T> contract, string? name = null, string? id = null) =>
        SendEventAsync(JsonSerializer.Serialize(data, contract), name, id);

    /// <summary>Sends a comment, which clients ignore. Thread-safe.</summary>
    /// <param name="text">The comment; may be empty.</param>
    protected ValueTask SendCommentAsync(string text = "") => SendPartAsync(ServerSentEvent.EncodeComment(text));

    /// <summary>Ends the stream; most clients reconnect. What other tasks still send is a <see cref="ConnectionClosedException"/>. Thread-safe.</summary>
    protected ValueTask CompleteAsync() => Interlocked.Exchange(ref _completed, 1) == 0 ? SendBodyAsync(default) : ValueTask.CompletedTask;

    /// <summary>Completes the stream, and tells the client to come back after <see cref="ReconnectDelay"/>.</summary>
    /// <param name="code">Not used.</param>
    /// <param name="reason">Not used.</param>
    protected override async ValueTask CloseConnectionAsync(int code, string reason)
    {
        if (!_opened)
        {
            await base.CloseConnectionAsync(code, reason);
            return;
        }

        await SendPartAsync(ServerSentEvent.EncodeRetry(ReconnectDelay));
        await CompleteAsync();
    }

    private async ValueTask SendPartAsync(byte[] part)
    {
        Volatile.Write(ref _lastSent, _time.GetTimestamp());
        try
        {
            await SendBodyAsync(part, moreBody: true);
        }
        catch (IllegalEventException) when (Volatile.Read(ref _completed) != 0)
        {
            throw new ConnectionClosedException("The stream was completed meanwhile."); // nobody's mistake: another task was faster
        }
    }

    private async Task KeepAliveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // Whole milliseconds, rounded up: timers count in them, and one that is early would find nothing to do.
            var left = KeepAliveInterval - _time.GetElapsedTime(Volatile.Read(ref _lastSent));
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), _time, cancellationToken);
            }
            else
            {
                await SendCommentAsync();
            }
        }
    }
}
