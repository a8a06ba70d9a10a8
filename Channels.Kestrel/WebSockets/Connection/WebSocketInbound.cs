namespace Channels.Kestrel;

/// <summary>
/// The way in of one WebSocket, whatever transport carries it: what has been read waits here for the application, and
/// nothing more is read while it has enough to do.
/// </summary>
/// <param name="connection">The connection.</param>
internal abstract class WebSocketInbound(WebSocketConnection connection)
    : BoundedEventQueue(WebSocketConnect.Instance, connection.Runtime.Options.MaxInboundMessageCount, connection.Runtime.Options.MaxInboundBytes)
{
    private const int Running = 0;
    private const int Paused = 1;

    private long _countedSecond;
    private int _frames;
    private int _state;
    private MemoryShare _unread; // who sets the state owns it
    private volatile bool _discarding;
    private volatile bool _stopping;
    private volatile bool _shedding;

    /// <summary>When the peer was last heard of, in heartbeat time.</summary>
    public long LastInput { get; private set; }

    /// <summary>When the last message came, in heartbeat time.</summary>
    public long LastReceived { get; private set; }

    /// <summary>When the message that is coming in began, in heartbeat time; 0 when none is.</summary>
    public abstract long MessageSince { get; }

    /// <summary>True while the application has enough to do and the socket is left alone: the peer's silence proves nothing then.</summary>
    public bool IsPaused => Volatile.Read(ref _state) == Paused;

    /// <summary>True when pings are to be sent by us, because the transport shows what comes back.</summary>
    public abstract bool ShowsPongs { get; }

    /// <summary>Our close frame is on its way: whatever comes is thrown away, up to the peer's own close frame.</summary>
    protected bool IsDiscarding => _discarding;

    protected bool IsStopping => _stopping;

    /// <summary>No memory may be held for this peer any more.</summary>
    protected bool IsShedding => _shedding;

    /// <inheritdoc/>
    protected override MemoryHolder? Memory => connection;

    protected WebSocketConnection Connection => connection;

    protected WebSocketRuntime Runtime => connection.Runtime;

    /// <summary>The connection is open: reading begins.</summary>
    public void Start()
    {
        LastReceived = Runtime.Heartbeat.Now;
        NoteInput();
        StartReading();
    }

    /// <summary>The peer has been heard of, or cannot be.</summary>
    public void NoteInput() => LastInput = Runtime.Heartbeat.Now;

    /// <summary>Our close frame is on its way: messages are no longer for the application, and a pause ends.</summary>
    public void Discard()
    {
        _discarding = true;
        Resume();
    }

    /// <summary>Memory is short, and our close frame is on its way: an unfinished message is dropped, and nothing more is kept.</summary>
    public void Shed()
    {
        _shedding = true;
        LetGo();
        Resume();
    }

    /// <summary>Ends reading; the connection hears of it as of any other end.</summary>
    public void Stop()
    {
        _stopping = true;
        StopReading();
        Resume();
    }

    protected abstract void StartReading();

    protected abstract void StopReading();

    /// <summary>Nothing may be kept for this peer any more: drops an unfinished message, at once or with the next reading, and reads on for the peer's close.</summary>
    protected abstract void LetGo();

    /// <summary>Reads on after a pause; on any thread, which must not be kept.</summary>
    protected abstract void ReadOn();

    /// <summary>Nothing is read until there is room again.</summary>
    /// <param name="unread">What the transport has read from the peer, as far as one can see, and keeps meanwhile.</param>
    protected void Pause(long unread)
    {
        connection.WatchRequest(); // nothing is read that would tell of the peer's end
        _unread.Set(unread, connection);
        Interlocked.Exchange(ref _state, Paused);
        if (HasRoomAgain || _discarding || _stopping)
        {
            Resume(); // whoever made room may have looked before the line above
        }
    }

    /// <summary>A message for the application. True when it has enough now.</summary>
    protected bool Add(WebSocketMessageKind kind, byte[] payload)
    {
        if (_discarding)
        {
            return false;
        }

        LastReceived = Runtime.Heartbeat.Now;
        Runtime.Metrics.Received(kind, payload.Length);
        return Add(new WebSocketReceive(kind, payload), payload.Length);
    }

    /// <summary>The longest message of this connection; 0 for no limit.</summary>
    /// <param name="wanted">What the application wants; null for the server's limit.</param>
    protected long MostMessageBytes(long? wanted)
    {
        var most = Runtime.Options.MaxMessageBytes;
        return wanted is not { } own ? most : most == 0 ? own : Math.Min(most, own);
    }

    /// <summary>Counts the peer's frames in the heartbeat's seconds. True when there are more than allowed.</summary>
    protected bool IsTooFast()
    {
        if (_countedSecond != Runtime.Heartbeat.Now)
        {
            (_countedSecond, _frames) = (Runtime.Heartbeat.Now, 0);
        }

        return ++_frames > Runtime.Options.MaxFramesPerSecond;
    }

    /// <inheritdoc/>
    protected override void OnTaken(Event message)
    {
        if (message is WebSocketDisconnect)
        {
            connection.Closing.AnswerPeer();
        }
        else if (IsPaused && HasRoomAgain)
        {
            Resume();
        }
    }

    private void Resume()
    {
        if (Interlocked.CompareExchange(ref _state, Running, Paused) == Paused)
        {
            _unread.Set(0, connection);
            ReadOn();
        }
    }
}
