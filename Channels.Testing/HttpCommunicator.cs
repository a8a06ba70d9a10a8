using System.Text;

namespace Channels.Testing;

/// <summary>
/// Plays the server and the client of one HTTP request. <see cref="GetResponseAsync"/> is all that an ordinary test
/// needs; <see cref="SendBodyAsync"/>, <see cref="ReceiveStartAsync"/> and <see cref="ReceiveBodyAsync"/> are for
/// streams.
/// </summary>
public sealed class HttpCommunicator : RequestCommunicator<HttpCommunicator>
{
    private ReadOnlyMemory<byte> _body;
    private bool _requestSent;

    /// <summary>Makes a communicator; the first call that sends or receives begins the request.</summary>
    /// <param name="application">What is tested.</param>
    /// <param name="method">The method, in any case.</param>
    /// <param name="path">A path or a full URL, percent-encoded, with its query; <c>*</c> where OPTIONS asks the whole server.</param>
    /// <exception cref="ArgumentException">
    /// No application of a server sees such a request: its path holds a blank, text that is not ASCII, or <c>%00</c> (400); its method is
    /// no token (400) or opens a tunnel (CONNECT, 501); or it has <c>*</c> and is not OPTIONS (405).
    /// </exception>
    public HttpCommunicator(Application application, string method, string path)
        : base(application, MakeScope(method, path))
    {
    }

    private protected override SendRules Rules => new HttpSendRules(((HttpScope)Scope).Method);

    private protected override bool EndsByItself => true;

    /// <summary>Sets the request body.</summary>
    /// <param name="body">The bytes.</param>
    /// <param name="contentType">The <c>content-type</c> header; null for none.</param>
    public HttpCommunicator WithBody(ReadOnlyMemory<byte> body, string? contentType = null)
    {
        RequireNotStarted();
        _body = body;
        return contentType is null ? this : WithHeader("content-type", contentType);
    }

    /// <summary>Sets the request body.</summary>
    /// <param name="body">The text, sent as UTF-8.</param>
    /// <param name="contentType">The <c>content-type</c> header. Default plain text.</param>
    public HttpCommunicator WithBody(string body, string contentType = "text/plain; charset=utf-8") => WithBody(Encoding.UTF8.GetBytes(body), contentType);

    /// <summary>Sends a part of the request body, in place of <see cref="WithBody(ReadOnlyMemory{byte}, string?)"/>.</summary>
    /// <param name="part">The bytes.</param>
    /// <param name="moreBody">True when further parts follow.</param>
    public ValueTask SendBodyAsync(ReadOnlyMemory<byte> part, bool moreBody)
    {
        _requestSent = true;
        return SendInputAsync(new HttpRequest(part, moreBody));
    }

    /// <summary>Sends the request and waits for the whole response.</summary>
    /// <param name="timeout">How long to wait for each event; null for the communicator's own time-out.</param>
    /// <exception cref="CommunicatorException">The application sent something else, or ended too early.</exception>
    /// <exception cref="TimeoutException">Nothing came; the application goes on.</exception>
    public async Task<HttpResult> GetResponseAsync(TimeSpan? timeout = null)
    {
        var start = await ReceiveStartAsync(timeout);
        var isHead = ((HttpScope)Scope).Method == "HEAD"; // ends with its headers
        var body = new List<byte>();
        HttpResponseBody part;
        do
        {
            part = await ReceiveBodyAsync(timeout);
            body.AddRange(part.Body.Span);
        }
        while (part.MoreBody && !isHead);

        var trailers = new HeaderList();
        for (var more = start.Trailers && !isHead; more;)
        {
            var next = await ReceiveOutputAsync<HttpResponseTrailers>(timeout);
            foreach (var trailer in next.Headers)
            {
                trailers.Add(trailer.Key, trailer.Value);
            }

            more = next.MoreTrailers;
        }

        return new() { Status = start.Status, Headers = start.Headers ?? [], Body = body.ToArray(), Trailers = trailers };
    }

    /// <summary>Sends the request, unless that has been done, and waits for the beginning of the response.</summary>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="CommunicatorException">The application sent something else, or ended too early.</exception>
    /// <exception cref="TimeoutException">Nothing came; the application goes on.</exception>
    public async Task<HttpResponseStart> ReceiveStartAsync(TimeSpan? timeout = null)
    {
        if (!_requestSent)
        {
            await SendBodyAsync(_body, moreBody: false);
        }

        return await ReceiveOutputAsync<HttpResponseStart>(timeout);
    }

    /// <summary>Waits for the next part of the response body.</summary>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="CommunicatorException">The application sent something else, or ended too early.</exception>
    /// <exception cref="TimeoutException">Nothing came; the application goes on.</exception>
    public Task<HttpResponseBody> ReceiveBodyAsync(TimeSpan? timeout = null) => ReceiveOutputAsync<HttpResponseBody>(timeout);

    /// <summary>Goes away as the client, waits for the application to end, and throws the error it ended with.</summary>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="TimeoutException">The application has not ended; it goes on.</exception>
    public async Task DisconnectAsync(TimeSpan? timeout = null)
    {
        Run.PeerLeaves(HttpDisconnect.Instance);
        await WaitAsync(timeout);
    }

    private protected override void EndConnection(ApplicationRun run) => run.PeerLeaves(HttpDisconnect.Instance);

    private static HttpScope MakeScope(string method, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        method = method.ToUpperInvariant();
        var refusal = method switch
        {
            _ when !HeaderText.IsToken(method) => $"'{HeaderText.Escape(method)}' is no method, which servers answer with 400.",
            "CONNECT" => "CONNECT opens a tunnel, which servers answer with 501; a WebSocket over HTTP/2 is played by Communicator.WebSocket.",
            _ => null,
        };
        if (refusal is not null)
        {
            throw new ArgumentException(refusal, nameof(method));
        }

        var target = RequestTarget.Parse(path, method);
        return new()
        {
            Method = method,
            Path = target.Path,
            RawPath = target.RawPath,
            QueryString = target.Query,
            Headers = target.Headers,
            Client = RequestTarget.Client,
        };
    }
}
