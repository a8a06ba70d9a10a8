using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Channels.Kestrel;

/// <summary>
/// Writes an application's response events. The start is held back until the first body part, so that an error can
/// still take its place. Not thread-safe: <see cref="HttpExchange"/> lets one sender in at a time.
/// </summary>
internal sealed class ResponseWriter(IFeatureCollection features, IHttpRequestFeature request)
{
    private enum Phase
    {
        Waiting,
        Held,
        Streaming,
        Trailers,
        Complete,
    }

    private static readonly string[] StartOnly = ["http.response.start"];
    private static readonly string[] BodyOnly = ["http.response.body"];
    private static readonly string[] TrailersOnly = ["http.response.trailers"];

    private volatile Phase _phase;
    private HttpResponseStart? _start;
    private IHttpResponseBodyFeature? _body;
    private long _announced = -1;
    private long _written;

    /// <summary>Whether the application has sent everything that it announced.</summary>
    public bool IsComplete => _phase == Phase.Complete;

    /// <summary>Whether status and headers are out, so that no error page can take their place.</summary>
    public bool HasStarted => _phase > Phase.Held;

    /// <summary>What the application still owes, for a log line.</summary>
    public string State => _phase switch
    {
        Phase.Waiting => "waiting for the start of the response",
        Phase.Held => "waiting for the first part of the response body",
        Phase.Streaming => "in the middle of the response body",
        Phase.Trailers => "waiting for trailers",
        _ => "complete",
    };

    /// <summary>How many bytes of the body were written, for the access log.</summary>
    public long Written => _written;

    /// <summary>The value of the <c>Server</c> header when the application sets none; empty for no such header.</summary>
    public string ServerHeader { get; init; } = "";

    private bool IsHead => request.Method == "HEAD";

    /// <summary>The server answers in the application's place; nothing of the application is sent any more.</summary>
    public void TakeOver() => _phase = Phase.Complete;

    public IllegalEventException Illegal(Event message) => new(message, State, _phase switch
    {
        Phase.Waiting => StartOnly,
        Phase.Held or Phase.Streaming => BodyOnly,
        Phase.Trailers => TrailersOnly,
        _ => [],
    });

    public ValueTask Start(HttpResponseStart start)
    {
        if (_phase != Phase.Waiting)
        {
            throw Illegal(start);
        }

        if (start.Status is < 200 or > 599)
        {
            throw new IllegalEventException($"'{start.Type}' has status {start.Status}: a response's status is 200 to 599.");
        }

        _start = start;
        _phase = Phase.Held;
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(HttpResponseBody part, CancellationToken cancellationToken)
    {
        var start = _start;
        if (start is null || _phase > Phase.Streaming)
        {
            throw Illegal(part);
        }

        var last = !part.MoreBody;
        if (_phase == Phase.Held)
        {
            Apply(start, last && !start.Trailers ? part.Body.Length : -1);
        }

        Account(part, last);
        _body ??= features.GetRequiredFeature<IHttpResponseBodyFeature>();
        _phase = Phase.Streaming;
        return last ? FinishAsync(part, start, cancellationToken) : PassOnAsync(part, cancellationToken);
    }

    public async ValueTask WriteTrailersAsync(HttpResponseTrailers trailers)
    {
        if (_phase != Phase.Trailers)
        {
            throw Illegal(trailers);
        }

        // Without TE: trailers the client did not ask for any; they are accepted and dropped.
        if (AsksForTrailers() && features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } target)
        {
            foreach (var (name, value) in trailers.Headers)
            {
                target[name] = StringValues.Concat(target[name], value);
            }
        }

        if (!trailers.MoreTrailers)
        {
            await _body!.CompleteAsync(); // set by the body part that led here
            _phase = Phase.Complete;
        }
    }

    private static bool HasNoBody(int status) => status is 204 or 205 or 304;

    private async ValueTask PassOnAsync(HttpResponseBody part, CancellationToken cancellationToken)
    {
        if (IsHead || part.Body.IsEmpty)
        {
            await _body!.Writer.FlushAsync(cancellationToken);
        }
        else
        {
            await _body!.Writer.WriteAsync(part.Body, cancellationToken);
        }
    }

    private ValueTask FinishAsync(HttpResponseBody part, HttpResponseStart start, CancellationToken cancellationToken)
    {
        // With a known length on HTTP/1 the bytes themselves end the response; everything else needs its end marked.
        if (_announced >= 0 && !IsHead && part.Body.Length > 0 && !start.Trailers && IsHttp1())
        {
            _phase = Phase.Complete;
            var writing = _body!.Writer.WriteAsync(part.Body, cancellationToken);
            return writing.IsCompletedSuccessfully ? Done(writing) : Wait(writing);
        }

        return EndAsync(part, start);

        static ValueTask Done(ValueTask<FlushResult> writing)
        {
            _ = writing.Result; // completed: hands the pooled source back
            return ValueTask.CompletedTask;
        }

        static async ValueTask Wait(ValueTask<FlushResult> writing) => await writing;
    }

    private async ValueTask EndAsync(HttpResponseBody part, HttpResponseStart start)
    {
        if (!IsHead && !part.Body.IsEmpty)
        {
            _body!.Writer.Write(part.Body.Span);
        }

        if (start.Trailers)
        {
            await _body!.Writer.FlushAsync();
            _phase = Phase.Trailers;
            return;
        }

        _phase = Phase.Complete;
        await _body!.CompleteAsync();
    }

    private void Apply(HttpResponseStart start, int onlyPart)
    {
        var response = features.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = start.Status;
        var headers = response.Headers;
        if (start.Headers is { } fields)
        {
            foreach (var (name, value) in fields)
            {
                // Framing is the server's (C-HTTP-19).
                if (name == "transfer-encoding")
                {
                    continue;
                }

                if (name == "content-length")
                {
                    Announce(value);
                    continue;
                }

                if (name == "content-type")
                {
                    headers.ContentType = value; // the usual one, without a search by name
                    continue;
                }

                var existing = headers[name];
                headers[name] = existing.Count == 0 ? value : StringValues.Concat(existing, value);
            }
        }

        if (ServerHeader.Length > 0 && headers.Server.Count == 0)
        {
            headers.Server = ServerHeader;
        }

        if (_announced < 0 && onlyPart >= 0 && !HasNoBody(start.Status))
        {
            _announced = onlyPart;
        }

        if (_announced >= 0)
        {
            headers.ContentLength = _announced;
        }
    }

    private void Announce(string value)
    {
        if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || _announced >= 0 && _announced != length)
        {
            throw new IllegalEventException($"'http.response.start' has a content-length of '{HeaderText.Escape(value)}': give one number of bytes.");
        }

        _announced = length;
    }

    private void Account(HttpResponseBody part, bool last)
    {
        if (_start is { } start && HasNoBody(start.Status) && !part.Body.IsEmpty)
        {
            throw new IllegalEventException($"A response with status {start.Status} has no body, but 'http.response.body' carries {part.Body.Length} bytes.");
        }

        if (IsHead)
        {
            return;
        }

        var total = _written + part.Body.Length;
        if (_announced >= 0 && _start is { } announced && !HasNoBody(announced.Status) && (total > _announced || last && total < _announced))
        {
            throw new IllegalEventException($"The response body does not have its content-length of {_announced} bytes: {total} bytes {(total > _announced ? "so far" : "in all")}.");
        }

        _written = total;
    }

    private bool IsHttp1() => request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal);

    private bool AsksForTrailers()
    {
        foreach (var line in request.Headers.TE)
        {
            foreach (var entry in (line ?? "").Split(','))
            {
                if (entry.AsSpan().Trim().Equals("trailers", StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
