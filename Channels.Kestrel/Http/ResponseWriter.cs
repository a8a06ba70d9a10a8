using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Channels.Kestrel;

/// <summary>
/// Writes an application's response events as <see cref="HttpRules"/> allows them. The start is held back until the first
/// body part, so that an error can still take its place. Not thread-safe: <see cref="ResponseSender"/>, which is this and more
/// for the sake of one object less per request, lets one sender in at a time.
/// </summary>
internal abstract class ResponseWriter(IFeatureCollection features, HttpRuntime runtime) : SendTurns
{
    private readonly HttpRules _rules = new(features.GetRequiredFeature<IHttpRequestFeature>().Method);
    private IHttpResponseBodyFeature? _body;

    /// <summary>The request, and what the server offers with it.</summary>
    public IFeatureCollection Features => features;

    /// <summary>Whether the application has sent everything that it announced.</summary>
    public bool IsComplete => _rules.State == HttpResponseState.Complete;

    /// <summary>Whether the application has sent anything, written or held back.</summary>
    public bool HasBegun => _rules.State > HttpResponseState.Waiting;

    /// <summary>Whether status and headers are out, so that no error page can take their place.</summary>
    public bool HasStarted => _rules.State > HttpResponseState.Started;

    /// <summary>Whether the body is a stream of server-sent events, which may end between any two.</summary>
    public bool IsEventStream { get; private set; }

    /// <summary>The length of the body that the application announced; null for none.</summary>
    public long? ContentLength => _rules.ContentLength;

    /// <summary>Whether the response ended before the application did, as one to HEAD does.</summary>
    public bool EndedEarly => _rules.EndedEarly;

    /// <summary>What the application still owes, for a log line.</summary>
    public string State => _rules.Description;

    /// <summary>What it shares with all others of the server.</summary>
    public HttpRuntime Runtime => runtime;

    private IHttpRequestFeature Request => features.GetRequiredFeature<IHttpRequestFeature>();

    /// <summary>The server answers in the application's place; nothing of the application is sent any more.</summary>
    public void TakeOver() => _rules.Finish();

    /// <summary>Ends a body that has begun where it stands.</summary>
    public Task CompleteAsync()
    {
        _rules.Finish();
        return features.GetRequiredFeature<IHttpResponseBodyFeature>().CompleteAsync();
    }

    /// <summary>Writes an event of the application's.</summary>
    /// <exception cref="IllegalEventException">It is not legal now.</exception>
    protected ValueTask WriteAsync(Event message, CancellationToken cancellationToken)
    {
        _rules.Check(message);
        switch (message)
        {
            case HttpResponseBody part:
                return WriteBodyAsync(part, _rules.Start!, cancellationToken); // no body part is legal without a start
            case HttpResponseTrailers trailers:
                return WriteTrailersAsync(trailers);
            default:
                _rules.Advance(message);
                IsEventStream = _rules.Start?.Headers?["content-type"] is { } type && type.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);
                return ValueTask.CompletedTask;
        }
    }

    private ValueTask WriteBodyAsync(HttpResponseBody part, HttpResponseStart start, CancellationToken cancellationToken)
    {
        var length = _rules.ContentLength;
        if (_rules.State == HttpResponseState.Started)
        {
            length = LengthOf(start, part);
            Apply(start, length);
        }

        _body ??= features.GetRequiredFeature<IHttpResponseBodyFeature>();
        _rules.Advance(part);
        if (part.MoreBody && !_rules.EndedEarly)
        {
            return Wait(part.Body.IsEmpty ? _body.Writer.FlushAsync(cancellationToken) : _body.Writer.WriteAsync(part.Body, cancellationToken));
        }

        // With a known length on HTTP/1 the bytes themselves end the response; everything else needs its end marked.
        return length is not null && _rules.SendsBody && part.Body.Length > 0 && !start.Trailers && IsHttp1()
            ? Wait(_body.Writer.WriteAsync(part.Body, cancellationToken))
            : EndAsync(_body, part, start.Trailers && _rules.SendsBody);
    }

    // A 204 has no length (RFC 9110, section 8.6); a 205 must say that it is zero, or clients wait for a body (RFC 9112, section 6.3).
    private long? LengthOf(HttpResponseStart start, HttpResponseBody first) => start.Status switch
    {
        204 => null,
        205 => 0,
        304 => _rules.ContentLength,
        _ => _rules.ContentLength ?? (first.MoreBody || start.Trailers ? null : first.Body.Length),
    };

    private static ValueTask Wait(ValueTask<FlushResult> writing)
    {
        if (!writing.IsCompletedSuccessfully)
        {
            return WaitAsync(writing);
        }

        _ = writing.Result; // completed: hands the pooled source back
        return ValueTask.CompletedTask;

        static async ValueTask WaitAsync(ValueTask<FlushResult> writing) => await writing;
    }

    private async ValueTask EndAsync(IHttpResponseBodyFeature body, HttpResponseBody part, bool trailers)
    {
        if (_rules.SendsBody && !part.Body.IsEmpty)
        {
            body.Writer.Write(part.Body.Span);
        }

        if (trailers)
        {
            await body.Writer.FlushAsync();
            return;
        }

        await body.CompleteAsync();
    }

    private async ValueTask WriteTrailersAsync(HttpResponseTrailers trailers)
    {
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
        }

        _rules.Advance(trailers);
    }

    private void Apply(HttpResponseStart start, long? length)
    {
        var response = features.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = start.Status;
        var headers = response.Headers;
        if (start.Headers is { } fields)
        {
            foreach (var (name, value) in fields)
            {
                if (HttpRules.IsServersOwn(name) || name == "content-length")
                {
                    continue; // the length is set once, below
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

        if (runtime.Options.ServerHeader.Length > 0 && headers.Server.Count == 0)
        {
            headers.Server = runtime.Options.ServerHeader;
        }

        if (length is not null)
        {
            headers.ContentLength = length;
        }
    }

    private bool IsHttp1() => Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal);

    private bool AsksForTrailers()
    {
        foreach (var line in Request.Headers.TE)
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
