using System.Net;

namespace Channels.Kestrel;

/// <summary>
/// One WebSocket between its application and its transport: runs the application and joins the parts that read, write,
/// close and keep time.
/// </summary>
internal sealed class WebSocketConnection : MemoryHolder, IDrainableConnection
{
    private WebSocketAnswer? _answer; // until the connection is open
    private CancellationTokenRegistration _lost;
    private int _watching;

    /// <param name="runtime">What all WebSockets of the server share.</param>
    /// <param name="request">The handshake.</param>
    /// <param name="transport">What carries the connection.</param>
    /// <param name="offered">The subprotocols that the client offers.</param>
    /// <param name="deflate">The compression to agree to; null for none.</param>
    /// <param name="originAllowed">Asked before acceptance; null when the origin has been checked already.</param>
    /// <param name="client">The peer's address; null when unknown.</param>
    public WebSocketConnection(
        WebSocketRuntime runtime, WebSocketRequest request, WebSocketTransport transport, IReadOnlyList<string> offered, DeflateTerms? deflate, Func<bool>? originAllowed, IPAddress? client)
        : base(runtime.Memory, client)
    {
        (Runtime, Request) = (runtime, request);
        request.Connection = this;
        Closing = new WebSocketClosing(this);
        Deadlines = new WebSocketDeadlines(this);
        Inbound = transport.CreateInbound(this);
        Outbound = transport.CreateOutbound(this, deflate);
        _answer = new WebSocketAnswer(this, transport, offered, deflate, originAllowed);
        Deadlines.OnConnecting();
    }

    public WebSocketRuntime Runtime { get; }

    public WebSocketRequest Request { get; }

    public WebSocketInbound Inbound { get; }

    public WebSocketOutbound Outbound { get; }

    public WebSocketClosing Closing { get; }

    public WebSocketDeadlines Deadlines { get; }

    /// <inheritdoc/>
    public int Place { get; set; }

    /// <summary>The running application.</summary>
    public Task Application { get; private set; } = Task.CompletedTask;

    /// <summary>The path it serves, for logs.</summary>
    public string Path { get; private set; } = "";

    /// <summary>The route it was taken by; empty for none.</summary>
    public string Route => Request.Match.Template;

    /// <summary>The response still to be written because the application did not write one itself; null for none.</summary>
    public HandshakeRefusal? Refusal
    {
        get => _answer?.Refusal;
        set => _answer?.Refusal = value;
    }

    /// <inheritdoc/>
    protected override void EndForMemory()
    {
        var (code, reason) = (WebSocketFault.Overloaded.Code, WebSocketFault.Overloaded.Reason);
        if (Closing.Phase >= WebSocketPhase.Denied)
        {
            Closing.Cut(); // closing takes its time, and memory
        }
        else if (!Closing.CloseAndDrop(code, reason, discard: true))
        {
            Closing.CloseFromServer(code, reason); // not open yet, or the peer was first
        }

        Inbound.Shed();
    }

    public void RequestClose(int code, string reason) => Closing.CloseFromServer(code, reason);

    /// <summary>
    /// Runs the application; its end ends the connection. Heard of by a callback, because a method that waits would be a
    /// larger object for as long as the socket lives.
    /// </summary>
    public void Run(WebSocketScope scope)
    {
        Path = scope.Path;
        var note = Runtime.Running.Enter(Path);
        try
        {
            Application = Runtime.Root(scope, Inbound.ReceiveAsync, Outbound.Send)
                ?? throw new InvalidOperationException("The application returned null in place of a task.");
        }
#pragma warning disable CA1031 // one place judges errors, thrown early or late
        catch (Exception error)
#pragma warning restore CA1031
        {
            Application = Task.FromException(error);
        }
        finally
        {
            note.Leave();
        }

        var end = Application.ConfigureAwait(false).GetAwaiter();
        if (end.IsCompleted)
        {
            OnApplicationCompleted();
        }
        else
        {
            end.UnsafeOnCompleted(OnApplicationCompleted);
        }
    }

    /// <summary>Whatever the application sends, except a message while the connection is open.</summary>
    public ValueTask SendOther(Event message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message is WebSocketSend)
        {
            return ValueTask.FromException(WebSocketRules.Refusal(Closing.Phase, message));
        }

        var answer = _answer;
        try
        {
            if (answer is null)
            {
                WebSocketDenial? none = null;
                Closing.Check(message, [], ref none);
            }
            else
            {
                answer.Check(message);
            }
        }
        catch (Exception error) when (error is IllegalEventException or ConnectionClosedException)
        {
            return ValueTask.FromException(error);
        }

        switch (message)
        {
            case WebSocketAccept accept:
                return answer!.AcceptAsync(accept); // legal only before the connection is open, as the next two are
            case WebSocketDenialStart start:
                return answer!.BeginDenial(start);
            case WebSocketDenialBody body:
                return answer!.WriteDenialAsync(body);
            default:
                Closing.CloseFromApplication((WebSocketClose)message); // nothing else is legal
                return ValueTask.CompletedTask;
        }
    }

    /// <summary>The handshake is complete, and both ends are joined to the transport.</summary>
    /// <param name="pings">Whether a silent peer is pinged, if the options say so.</param>
    public void Open(bool pings)
    {
        if (!Closing.TryOpen())
        {
            Outbound.Abort();
            return;
        }

        _answer = null;
        Inbound.Start();
        Deadlines.OnOpen(pings);
        Closing.CloseIfOwed();
    }

    /// <summary>
    /// Hears of the connection's end also while nothing is read from it: before it is accepted, and while the application
    /// has enough to do. Reading tells all others, so that most sockets need no registration. (An application that blocks
    /// its thread before it accepts hears of it when it first waits.) May be called again.
    /// </summary>
    public void WatchRequest()
    {
        if (Interlocked.Exchange(ref _watching, 1) == 0)
        {
            _lost = Request.Aborted.UnsafeRegister(static state => ((WebSocketClosing)state!).OnRequestAborted(), Closing);
        }
    }

    /// <summary>Waits for what <see cref="WatchRequest"/> may be doing. After the end, or instead of it.</summary>
    public ValueTask StopWatchingAsync() => _lost.DisposeAsync();

    // Never fails: a connection's application must not hurt another's.
    private void OnApplicationCompleted()
    {
        HandshakeRefusal? refusal = null;
        var failed = false;
        try
        {
            Application.GetAwaiter().GetResult(); // it has ended
        }
        catch (ConnectionClosedException)
        {
            // Sending to a peer that is gone: nobody's mistake (ASGI specification, WebSocket 2.4).
        }
        catch (OperationCanceledException) when (Closing.Aborted.IsCancellationRequested)
        {
            // The application heeded Scope.Aborted.
        }
#pragma warning disable CA1031 // whatever an application throws ends its connection, and nothing else
        catch (Exception error)
#pragma warning restore CA1031
        {
            failed = true;
            if (Closing.Phase == WebSocketPhase.Connecting && error is InvalidChannelNameException invalid && invalid.IsDueTo(Request.Match))
            {
                refusal = HandshakeRefusal.NoSuchPlace;
                WebSocketLog.NoName(Runtime.Logger, Route, error.Message);
            }
            else if (Closing.Phase == WebSocketPhase.Connecting && error is UnsupportedScopeException { ScopeType: "websocket" })
            {
                refusal = HandshakeRefusal.NoSuchPlace;
                if (Runtime.Flood.Begins("a handshake that nothing serves", Route))
                {
                    WebSocketLog.Unserved(Runtime.Logger, Route, error.Message);
                }
            }
            else if (Runtime.Flood.Begins(FloodLog.KindOf(error), Route))
            {
                WebSocketLog.ApplicationFailed(Runtime.Logger, error, HeaderText.Escape(Path));
            }
        }

        Closing.OnApplicationEnded(failed, denied: _answer is { IsDenied: true }, refusal);
    }
}
