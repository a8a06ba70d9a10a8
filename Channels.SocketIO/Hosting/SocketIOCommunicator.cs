using System.Security.Claims;
using System.Text;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>
/// A client of Socket.IO for tests: it needs no socket, no port and no network, and calls the application as a server would,
/// over either transport. It is in one namespace; it answers pings by itself. For one test at a time.
/// </summary>
/// <example>
/// <code>
/// await using var client = new SocketIOCommunicator(server, services);
/// await client.ConnectAsync();
/// await client.EmitAsync("chat message", "hello");
/// var said = await client.ReceiveAsync();
/// </code>
/// </example>
public sealed class SocketIOCommunicator : IAsyncDisposable
{
    private readonly CommunicatorTransport _transport;
    private readonly PacketCodec _codec = SocketIORuntime.MakeCodec(new() { MaxAttachments = PayloadScan.MostAttachments });
    private readonly PacketReader _reader;
    private readonly Queue<SocketIOEvent> _events = new();
    private readonly Dictionary<long, SocketIOArguments> _answers = [];
    private string _space = "/";
    private long _lastId = -1;
    private bool _isOpen;

    /// <summary>Makes a client; <see cref="ConnectAsync"/> opens its session.</summary>
    /// <param name="application">A server, or what stands around it: a router, middleware.</param>
    /// <param name="services">The host's services, such as <c>TestServices.Create</c> makes; clients that are to hear each other share them.</param>
    /// <param name="transport">What carries the session. Default a WebSocket.</param>
    /// <param name="path">The path of the server. Default <c>/socket.io/</c>.</param>
    /// <param name="queryString">What else stands in the query of the requests, such as <c>room=7</c>. Default nothing.</param>
    /// <param name="headers">The headers of the requests. Default none.</param>
    /// <param name="user">Who is logged in, for an application without authentication of its own. Default nobody.</param>
    public SocketIOCommunicator(
        Application application,
        IServiceProvider services,
        EngineIOTransport transport = EngineIOTransport.WebSocket,
        string path = "/socket.io/",
        string queryString = "",
        HeaderList? headers = null,
        ClaimsPrincipal? user = null)
    {
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(queryString);
        var query = queryString.Length == 0 ? "" : $"&{queryString}";
        _transport = transport == EngineIOTransport.Polling
            ? new CommunicatorPolling(application) { Path = path, Services = services, Headers = headers ?? [], QueryString = query, User = user }
            : new CommunicatorWebSocket(application) { Path = path, Services = services, Headers = headers ?? [], QueryString = query, User = user };
        _reader = _codec.MakeReader();
    }

    /// <summary>How long each wait may last. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>True once the client is in its namespace no more: sent out, left, or without a session.</summary>
    public bool IsDisconnected { get; private set; }

    /// <summary>Opens the session, unless it is open, and enters a namespace.</summary>
    /// <param name="space">The namespace. Default the main one.</param>
    /// <param name="authentication">What the client says for itself: an object with a JSON contract. Default nothing.</param>
    /// <returns>The client's id.</returns>
    /// <exception cref="SocketIORefusedException">The client is kept out; message and data are what it is told.</exception>
    /// <exception cref="InvalidOperationException">The session was refused or has ended.</exception>
    /// <exception cref="TimeoutException">No answer came.</exception>
    public async Task<string> ConnectAsync(string space = "/", object? authentication = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(space);
        if (!_isOpen)
        {
            await _transport.OpenAsync().WaitAsync(Timeout);
            _isOpen = true;
        }

        _space = space;
        var json = authentication is null ? [] : JsonOf(authentication);
        await _transport.SendAsync(_codec.Write(PacketType.Connect, space, json)).WaitAsync(Timeout);
        while (true)
        {
            var (type, payload) = await ReceivePacketAsync();
            switch (type)
            {
                case null when _transport.Received.Completion.IsCompleted:
                    throw new InvalidOperationException("The server has closed the session.");
                case PacketType.Connect:
                    using (var answer = JsonDocument.Parse(payload))
                    {
                        IsDisconnected = false;
                        return answer.RootElement.GetProperty("sid").GetString()!; // servers give one
                    }

                case PacketType.ConnectError:
                    using (var refusal = JsonDocument.Parse(payload))
                    {
                        throw new SocketIORefusedException(
                            refusal.RootElement.GetProperty("message").GetString()!, // servers give one
                            refusal.RootElement.TryGetProperty("data", out var data) ? data.Clone() : null);
                    }
            }
        }
    }

    /// <summary>Emits an event.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="ArgumentException">The name is one of the client's own, or the arguments cannot be sent.</exception>
    /// <exception cref="InvalidOperationException">The session, or the stay in the namespace, has ended.</exception>
    public Task EmitAsync(string name, params object?[] arguments) => SendAsync(PacketType.Event, null, _codec.Encode(name, arguments));

    /// <summary>Emits an event and waits for the acknowledgement of the server. Events that come meanwhile are kept for <see cref="ReceiveAsync"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="ArgumentException">The name is one of the client's own, or the arguments cannot be sent.</exception>
    /// <exception cref="TimeoutException">None came.</exception>
    /// <exception cref="InvalidOperationException">The session, or the stay in the namespace, has ended.</exception>
    public async Task<SocketIOArguments> EmitWithAckAsync(string name, params object?[] arguments)
    {
        var id = ++_lastId;
        await SendAsync(PacketType.Event, id, _codec.Encode(name, arguments));
        SocketIOArguments? answer;
        while (!_answers.Remove(id, out answer))
        {
            await ReceivePacketAsync();
            ThrowIfDisconnected();
        }

        return answer;
    }

    /// <summary>The next event of the server.</summary>
    /// <exception cref="TimeoutException">None came.</exception>
    /// <exception cref="InvalidOperationException">The session, or the stay in the namespace, has ended.</exception>
    public async Task<SocketIOEvent> ReceiveAsync()
    {
        SocketIOEvent? next;
        while (!_events.TryDequeue(out next))
        {
            ThrowIfDisconnected();
            await ReceivePacketAsync();
        }

        return next;
    }

    /// <summary>Acknowledges an event of the server.</summary>
    /// <param name="message">The event, which asks for it.</param>
    /// <param name="arguments">What goes with it.</param>
    /// <exception cref="ArgumentException">The server wants no acknowledgement.</exception>
    /// <exception cref="InvalidOperationException">The session, or the stay in the namespace, has ended.</exception>
    public Task AcknowledgeAsync(SocketIOEvent message, params object?[] arguments)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.AcknowledgementId is { } id
            ? SendAsync(PacketType.Acknowledgement, id, _codec.Encode(null, arguments))
            : throw new ArgumentException($"The server wants no acknowledgement of '{message.Name}'.", nameof(message));
    }

    /// <summary>Waits until the server sends the client out, or closes the session; events before that are kept.</summary>
    /// <exception cref="TimeoutException">It does not.</exception>
    public async Task ReceiveDisconnectAsync()
    {
        while (!IsDisconnected)
        {
            await ReceivePacketAsync();
        }
    }

    /// <summary>Leaves the namespace, as a client does that says so; the session stays.</summary>
    public Task LeaveAsync()
    {
        IsDisconnected = true;
        return _transport.SendAsync(_codec.Write(PacketType.Disconnect, _space, [])).WaitAsync(Timeout);
    }

    /// <summary>Loses the connection, as a client whose network is gone, and waits until the server has noticed.</summary>
    /// <exception cref="TimeoutException">An application around the session has not ended.</exception>
    public Task DropAsync()
    {
        IsDisconnected = true;
        return _isOpen ? _transport.DropAsync().WaitAsync(Timeout) : Task.CompletedTask;
    }

    /// <summary>Loses the connection.</summary>
    public async ValueTask DisposeAsync() => await DropAsync();

    private Task SendAsync(PacketType type, long? id, SocketIOArguments arguments)
    {
        ThrowIfDisconnected();
        return _transport.SendAsync(_codec.Write(type, _space, id, arguments)).WaitAsync(Timeout);
    }

    // What concerns the stay in the namespace is given back; events and answers are kept.
    private async Task<(PacketType? Type, ReadOnlyMemory<byte> Payload)> ReceivePacketAsync()
    {
        EngineIOMessage message;
        using (var limit = new CancellationTokenSource(Timeout))
        {
            try
            {
                if (!await _transport.Received.WaitToReadAsync(limit.Token) || !_transport.Received.TryRead(out message!))
                {
                    IsDisconnected = true;
                    return default;
                }
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"Nothing came from the server within {Timeout.TotalSeconds} s.");
            }
        }

        if (message.IsText && PacketHeader.TryRead(message.Payload, PayloadScan.MostAttachments, out var header) && header.Type is PacketType.Connect or PacketType.ConnectError or PacketType.Disconnect)
        {
            IsDisconnected |= header.Type == PacketType.Disconnect;
            return (header.Type, header.Payload);
        }

        switch (_reader.Read(message, out var packet))
        {
            case ReadOutcome.Packet when packet.Type == PacketType.Event:
                _events.Enqueue(new(packet.Name!, packet.Arguments!, packet.Id)); // events have both
                break;
            case ReadOutcome.Packet when packet.Id is { } id:
                _answers[id] = packet.Arguments!;
                break;
            case ReadOutcome.Invalid:
                throw new InvalidOperationException($"The server has sent what is no packet: {(message.IsText ? Encoding.UTF8.GetString(message.Payload.Span) : $"{message.Payload.Length} bytes")}");
        }

        return default;
    }

    private void ThrowIfDisconnected()
    {
        if (IsDisconnected)
        {
            throw new InvalidOperationException("The client is in the namespace no more: the server has sent it out or closed the session, or it has left.");
        }
    }

    private byte[] JsonOf(object value)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = _codec.Json.MakeWriter(output, []))
        {
            _codec.Json.Write(writer, value);
        }

        return output.WrittenSpan.ToArray();
    }
}
