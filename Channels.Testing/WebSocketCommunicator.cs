using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Channels.Testing;

/// <summary>
/// Plays the server and the peer of one WebSocket. Events that no real server would take, such as a message before
/// the accept, are refused as a real server refuses them.
/// </summary>
/// <remarks>
/// When the application closes, its disconnect event follows by itself; <see cref="DisconnectAsync"/> is for a peer
/// that closes first. Disposing without either is a peer that vanishes, code 1006.
/// </remarks>
public sealed class WebSocketCommunicator : RequestCommunicator<WebSocketCommunicator>
{
    private bool? _accepted;

    /// <summary>Makes a communicator; <see cref="ConnectAsync"/> begins the handshake.</summary>
    /// <param name="application">What is tested.</param>
    /// <param name="path">A path or a full URL, percent-encoded, with its query.</param>
    /// <exception cref="ArgumentException">A server would answer such a path with 400: a blank, text that is not ASCII, <c>%00</c>.</exception>
    public WebSocketCommunicator(Application application, string path)
        : base(application, MakeScope(RequestTarget.Parse(path, "GET")))
    {
    }

    private protected override SendRules Rules => new WebSocketSendRules(((WebSocketScope)Scope).Subprotocols);

    private protected override bool EndsByItself => true;

    /// <summary>Sets the subprotocols the peer offers, in its order of preference.</summary>
    /// <param name="subprotocols">The subprotocols.</param>
    public WebSocketCommunicator WithSubprotocols(params string[] subprotocols) => WithScope(scope => (WebSocketScope)scope with { Subprotocols = subprotocols });

    /// <summary>Asks for the handshake and waits for the answer.</summary>
    /// <param name="timeout">How long to wait for each event; null for the communicator's own time-out.</param>
    /// <exception cref="InvalidOperationException">Called twice.</exception>
    /// <exception cref="TimeoutException">The application did not answer; it goes on.</exception>
    public async Task<WebSocketConnectResult> ConnectAsync(TimeSpan? timeout = null)
    {
        RequireNotStarted();
        await SendInputAsync(WebSocketConnect.Instance);
        var answer = await ReceiveOutputAsync<Event>(timeout);
        _accepted = answer is WebSocketAccept;
        return answer switch
        {
            WebSocketAccept accept => new() { Status = 101, Subprotocol = accept.Subprotocol, Headers = accept.Headers ?? [] },
            WebSocketClose close => new() { Status = 403, CloseCode = close.Code, CloseReason = close.Reason },
            WebSocketDenialStart denial => await ReceiveDenialAsync(denial, timeout),
            _ => throw Failed($"Expected 'websocket.accept', 'websocket.close' or 'websocket.http.response.start', but the application sent {EventText.Of(answer)}."),
        };
    }

    /// <summary>Sends a text message as the peer.</summary>
    /// <param name="text">The text; may be empty.</param>
    public ValueTask SendTextAsync(string text) => SendAsync(WebSocketReceive.FromText(text));

    /// <summary>Sends a binary message as the peer.</summary>
    /// <param name="payload">The bytes; may be empty.</param>
    public ValueTask SendBinaryAsync(ReadOnlyMemory<byte> payload) => SendAsync(WebSocketReceive.FromBinary(payload));

    /// <summary>Sends an object as JSON in a text message, with the web's naming (<c>camelCase</c>).</summary>
    /// <typeparam name="T">The object's type; may be anonymous.</typeparam>
    /// <param name="value">The object.</param>
    [RequiresUnreferencedCode("Uses reflection; pass a JsonTypeInfo where code is trimmed.")]
    [RequiresDynamicCode("Uses reflection; pass a JsonTypeInfo where code is compiled ahead of time.")]
    public ValueTask SendJsonAsync<T>(T value) =>
        SendAsync(new WebSocketReceive(WebSocketMessageKind.Text, JsonSerializer.SerializeToUtf8Bytes(value, JsonSerializerOptions.Web)));

    /// <summary>Sends an object as JSON in a text message.</summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="value">The object.</param>
    /// <param name="contract">Its JSON contract.</param>
    public ValueTask SendJsonAsync<T>(T value, JsonTypeInfo<T> contract) =>
        SendAsync(new WebSocketReceive(WebSocketMessageKind.Text, JsonSerializer.SerializeToUtf8Bytes(value, contract)));

    /// <summary>Waits for a message to the peer and expects text.</summary>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="CommunicatorException">Something else came; the message names it.</exception>
    /// <exception cref="TimeoutException">Nothing came; the application goes on.</exception>
    public async Task<string> ReceiveTextAsync(TimeSpan? timeout = null) =>
        System.Text.Encoding.UTF8.GetString((await ReceiveAsync(WebSocketMessageKind.Text, timeout)).Span);

    /// <summary>Waits for a message to the peer and expects bytes.</summary>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="CommunicatorException">Something else came; the message names it.</exception>
    /// <exception cref="TimeoutException">Nothing came; the application goes on.</exception>
    public Task<ReadOnlyMemory<byte>> ReceiveBinaryAsync(TimeSpan? timeout = null) => ReceiveAsync(WebSocketMessageKind.Binary, timeout);

    /// <summary>Waits for a text message to the peer and reads it as JSON.</summary>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="CommunicatorException">Something else came, or the text is no JSON.</exception>
    /// <exception cref="TimeoutException">Nothing came; the application goes on.</exception>
    public async Task<JsonElement> ReceiveJsonAsync(TimeSpan? timeout = null)
    {
        var payload = await ReceiveAsync(WebSocketMessageKind.Text, timeout);
        return ReadJson(payload, static utf8 =>
        {
            using var document = JsonDocument.Parse(utf8);
            return document.RootElement.Clone();
        });
    }

    /// <summary>Waits for a text message to the peer and reads it as a JSON object, with the web's naming (<c>camelCase</c>).</summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="CommunicatorException">Something else came, or the text does not fit the type.</exception>
    /// <exception cref="TimeoutException">Nothing came; the application goes on.</exception>
    [RequiresUnreferencedCode("Uses reflection; pass a JsonTypeInfo where code is trimmed.")]
    [RequiresDynamicCode("Uses reflection; pass a JsonTypeInfo where code is compiled ahead of time.")]
    public async Task<T> ReceiveJsonAsync<T>(TimeSpan? timeout = null) =>
        ReadJson(await ReceiveAsync(WebSocketMessageKind.Text, timeout), static utf8 => JsonSerializer.Deserialize<T>(utf8.Span, JsonSerializerOptions.Web)!); // null only for the JSON text null

    /// <summary>Waits for a text message to the peer and reads it as a JSON object.</summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="contract">Its JSON contract.</param>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="CommunicatorException">Something else came, or the text does not fit the type.</exception>
    /// <exception cref="TimeoutException">Nothing came; the application goes on.</exception>
    public async Task<T> ReceiveJsonAsync<T>(JsonTypeInfo<T> contract, TimeSpan? timeout = null) =>
        ReadJson(await ReceiveAsync(WebSocketMessageKind.Text, timeout), utf8 => JsonSerializer.Deserialize(utf8.Span, contract)!); // null only for the JSON text null

    /// <summary>Waits for the application to close.</summary>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="CommunicatorException">Something else came; the message names it.</exception>
    /// <exception cref="TimeoutException">Nothing came; the application goes on.</exception>
    public Task<WebSocketClose> ReceiveCloseAsync(TimeSpan? timeout = null) => ReceiveOutputAsync<WebSocketClose>(timeout);

    /// <summary>Closes as the peer, waits for the application to end, and throws the error it ended with.</summary>
    /// <param name="code">The close code: 1005 for a close frame without one, 1006 for a lost connection. Default 1000.</param>
    /// <param name="reason">The close reason.</param>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="TimeoutException">The application has not ended; it goes on.</exception>
    public async Task DisconnectAsync(int code = 1000, string reason = "", TimeSpan? timeout = null)
    {
        Run.PeerLeaves(new WebSocketDisconnect(code, reason));
        await WaitAsync(timeout);
    }

    private protected override void EndConnection(ApplicationRun run) => run.PeerLeaves(new WebSocketDisconnect(1006));

    private static WebSocketScope MakeScope(RequestTarget target) => new()
    {
        Path = target.Path,
        RawPath = target.RawPath,
        QueryString = target.Query,
        Headers = target.Headers,
        Client = RequestTarget.Client,
    };

    private ValueTask SendAsync(WebSocketReceive message) => _accepted switch
    {
        true => SendInputAsync(message),
        null => throw new InvalidOperationException("The WebSocket is not open yet; call ConnectAsync first."),
        false => throw new InvalidOperationException("The application refused the WebSocket; nothing can be sent to it."),
    };

    private async Task<ReadOnlyMemory<byte>> ReceiveAsync(WebSocketMessageKind kind, TimeSpan? timeout)
    {
        var message = await ReceiveOutputAsync<WebSocketSend>(timeout);
        return message.Kind == kind
            ? message.Payload
            : throw Failed($"Expected 'websocket.send' with {(kind == WebSocketMessageKind.Text ? "text" : "bytes")}, but the application sent {EventText.Of(message)}.");
    }

    private async Task<WebSocketConnectResult> ReceiveDenialAsync(WebSocketDenialStart denial, TimeSpan? timeout)
    {
        var body = new List<byte>();
        WebSocketDenialBody part;
        do
        {
            part = await ReceiveOutputAsync<WebSocketDenialBody>(timeout);
            body.AddRange(part.Body.Span);
        }
        while (part.MoreBody);

        return new() { Status = denial.Status, Headers = denial.Headers ?? [], Body = body.ToArray() };
    }

    private T ReadJson<T>(ReadOnlyMemory<byte> utf8, Func<ReadOnlyMemory<byte>, T> read)
    {
        try
        {
            return read(utf8);
        }
        catch (JsonException error)
        {
            throw Failed($"Expected JSON of {typeof(T).Name}, but the application sent {EventText.Of(WebSocketSend.FromUtf8(utf8))}: {error.Message}");
        }
    }
}
