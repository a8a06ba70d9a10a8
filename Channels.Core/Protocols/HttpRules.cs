using System.Globalization;

namespace Channels.Extending;

/// <summary>
/// What an application may send in answer to one HTTP request (ASGI HTTP specification), the same for every server and
/// for test communicators. It does no I/O: whoever serves the request asks <see cref="Check"/>, does its work, and says
/// with <see cref="Advance"/> that it is done, so that work that failed leaves the response where it was.
/// </summary>
/// <remarks>One object per response, used by one sender at a time; the properties may be read at any time.</remarks>
/// <param name="method">The request's method, in upper case.</param>
public sealed class HttpRules(string method)
{
    private static readonly string[] StartOnly = ["http.response.start"];
    private static readonly string[] BodyOnly = ["http.response.body"];
    private static readonly string[] TrailersOnly = ["http.response.trailers"];

    private readonly bool _isHead = method == "HEAD";
    private volatile HttpResponseState _state;
    private HttpResponseStart? _start;
    private long _length = -1;
    private long _sent;

    /// <summary>How far the response has come.</summary>
    public HttpResponseState State => _state;

    /// <summary>The response's status and headers; null while it waits for them.</summary>
    public HttpResponseStart? Start => _start;

    /// <summary>The <c>content-length</c> that the application announced; null for none.</summary>
    public long? ContentLength => _length < 0 ? null : _length;

    /// <summary>Whether the bytes of body parts go to the client: not in answer to HEAD.</summary>
    public bool SendsBody => !_isHead;

    /// <summary>
    /// Whether the response to HEAD has ended with its headers although the application goes on: it is told of the end as if
    /// the client had gone, and what it still sends is a <see cref="ConnectionClosedException"/>.
    /// </summary>
    public bool EndedEarly { get; private set; }

    /// <summary>What the application receives as its last event; null while the response is not complete.</summary>
    public Event? End => _state == HttpResponseState.Complete ? HttpDisconnect.Instance : null;

    /// <summary>What the response waits for, in words for logs and errors.</summary>
    public string Description => _state switch
    {
        HttpResponseState.Waiting => "waiting for the start of the response",
        HttpResponseState.Started => "waiting for the first part of the response body",
        HttpResponseState.Streaming => "in the middle of the response body",
        HttpResponseState.Trailers => "waiting for trailers",
        _ => "complete",
    };

    /// <summary>Whether a response of this status has no body at all (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5).</summary>
    /// <param name="status">The status.</param>
    public static bool HasNoBody(int status) => status is 204 or 205 or 304;

    /// <summary>Whether a response header is the server's own business and is dropped when the application sets it: how the body is framed, and what becomes of the connection (RFC 9110, section 7.6.1).</summary>
    /// <param name="name">The header's name, in lower case.</param>
    public static bool IsServersOwn(string name) => name is "transfer-encoding" or "connection" or "keep-alive" or "proxy-connection";

    /// <summary>Throws when the event may not be sent now. Changes nothing.</summary>
    /// <param name="message">What the application sends.</param>
    /// <exception cref="IllegalEventException">The event is not legal in this state, or holds something that cannot be sent.</exception>
    /// <exception cref="ConnectionClosedException">The response has <see cref="EndedEarly"/>.</exception>
    public void Check(Event message)
    {
        switch (message)
        {
            case HttpResponseBody part when _start is { } start && _state is HttpResponseState.Started or HttpResponseState.Streaming:
                CheckBody(part, start.Status);
                break;
            case HttpResponseStart start when _state == HttpResponseState.Waiting:
                if (start.Status is < 200 or > 599)
                {
                    throw new IllegalEventException($"'{start.Type}' has status {start.Status}: a response's status is 200 to 599.");
                }

                CheckHeaders(start.Headers, start);
                if (LengthOf(start) > 0 && start.Status is (204 or 205))
                {
                    throw new IllegalEventException($"A response with status {start.Status} has no body; leave out its content-length.");
                }

                break;
            case HttpResponseTrailers trailers when _state == HttpResponseState.Trailers:
                CheckHeaders(trailers.Headers, trailers);
                break;
            case HttpResponseBody or HttpResponseTrailers when EndedEarly:
                throw new ConnectionClosedException("The response to HEAD has ended with its headers.");
            default:
                throw new IllegalEventException(message, Description, _state switch
                {
                    HttpResponseState.Waiting => StartOnly,
                    HttpResponseState.Started or HttpResponseState.Streaming => BodyOnly,
                    HttpResponseState.Trailers => TrailersOnly,
                    _ => [],
                })
                {
                    IsLate = _state == HttpResponseState.Complete && message is HttpResponseStart or HttpResponseBody or HttpResponseTrailers,
                };
        }
    }

    /// <summary>Moves on: the event, which <see cref="Check"/> has let pass, was sent.</summary>
    /// <param name="message">The event.</param>
    public void Advance(Event message)
    {
        switch (message)
        {
            case HttpResponseStart start:
                (_start, _length) = (start, LengthOf(start));
                _state = HttpResponseState.Started;
                break;
            case HttpResponseBody part:
                _sent += part.Body.Length;
                var next = part.MoreBody ? HttpResponseState.Streaming : _start is { Trailers: true } ? HttpResponseState.Trailers : HttpResponseState.Complete;
                EndedEarly = _isHead && next != HttpResponseState.Complete;
                _state = _isHead ? HttpResponseState.Complete : next;
                break;
            case HttpResponseTrailers { MoreTrailers: false }:
                _state = HttpResponseState.Complete;
                break;
        }
    }

    /// <summary>Somebody else has answered in the application's place: nothing of the application may follow.</summary>
    public void Finish() => _state = HttpResponseState.Complete;

    private static void CheckHeaders(HeaderList? headers, Event message)
    {
        if (headers is null)
        {
            return;
        }

        foreach (var (name, value) in headers)
        {
            WebSocketRules.CheckValue(name, value, message);
        }
    }

    private static long LengthOf(HttpResponseStart start)
    {
        var found = -1L;
        if (start.Headers is not { } headers)
        {
            return found;
        }

        foreach (var (name, value) in headers)
        {
            if (name != "content-length")
            {
                continue;
            }

            if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || found >= 0 && found != length)
            {
                throw new IllegalEventException($"'{start.Type}' has a content-length of '{HeaderText.Escape(value)}': give one number of bytes.");
            }

            found = length;
        }

        return found;
    }

    private void CheckBody(HttpResponseBody part, int status)
    {
        if (HasNoBody(status))
        {
            if (!part.Body.IsEmpty)
            {
                throw new IllegalEventException($"A response with status {status} has no body, but '{part.Type}' carries {part.Body.Length} bytes.");
            }

            return;
        }

        var total = _sent + part.Body.Length;
        if (_length >= 0 && !_isHead && (total > _length || !part.MoreBody && total < _length))
        {
            throw new IllegalEventException($"The response body does not have its content-length of {_length} bytes: {total} bytes {(total > _length ? "so far" : "in all")}.");
        }
    }
}
