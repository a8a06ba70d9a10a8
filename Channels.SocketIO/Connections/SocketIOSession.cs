using System.Text;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>
/// One client: takes its packets apart and hands them to the namespaces that it is in. Its own task only reads; what a handler
/// does with an event holds up neither other namespaces nor answers.
/// </summary>
/// <remarks>It is its own lock, and that of its connections.</remarks>
internal sealed partial class SocketIOSession
{
    private const string Closed = "forced server close";
    private static readonly SocketIORefuse Failure = new("Internal server error");

    private readonly EngineIOScope _scope;
    private readonly Receive _receive;
    private readonly Send _send;
    private readonly PacketReader _reader;
    private NamespaceConnection[] _connections = []; // replaced, never changed: most clients have one
    private HashSet<string>? _sentOut; // where the client may not know yet that it is not any more
    private ITimer? _deadline; // until the client is let in somewhere
    private MemoryShare _incomplete; // what the reader keeps of a packet that has not come whole
    private bool _closed;

    public SocketIOSession(SocketIORuntime runtime, EngineIOScope scope, Receive receive, Send send)
    {
        (Runtime, _scope, _receive, _send) = (runtime, scope, receive, send);
        Waiting = new(Math.Max(runtime.Options.Engine.MaxInboundBytes, runtime.Options.MaxPacketBytes), scope.Session?.Memory); // one event alone does not keep the client's acknowledgements out
        _reader = runtime.Codec.MakeReader();
        Outbox = scope.GetOutbox() is { } outbox && ReferenceEquals(outbox.Send, send) ? outbox : null;
    }

    public SocketIORuntime Runtime { get; }

    /// <summary>The session's outbox; null when there is none, or middleware wants to see what is sent.</summary>
    public IOutbox? Outbox { get; }

    /// <summary>What waits for the applications.</summary>
    public WaitingBytes Waiting { get; }

    private NamespaceConnection[] Connections
    {
        get => Volatile.Read(ref _connections);
        set => Volatile.Write(ref _connections, value);
    }

    /// <summary>Serves the client until its session ends, and its namespaces with it.</summary>
    public async Task RunAsync()
    {
        _deadline = Runtime.Time.CreateTimer(static session => ((SocketIOSession)session!).GiveUp(), this, Runtime.Options.ConnectTimeout, Timeout.InfiniteTimeSpan);
        var reason = "transport error"; // when the engine fails
        try
        {
            while (true)
            {
                switch (await _receive())
                {
                    case EngineIOMessage message when !_closed:
                        await TakeAsync(message);
                        break;
                    case EngineIOUpgraded when Runtime.Watch is { } watch:
                        Array.ForEach(Connections, watch.OnUpgraded);
                        break;
                    case EngineIODisconnect disconnect:
                        reason = disconnect.Reason;
                        return;
                }
            }
        }
        finally
        {
            LiftDeadline();
            EndAll(reason, discard: _scope.Session is { IsShed: true });
            await WhenIdleAsync();
        }
    }

    /// <summary>Sends a packet. That the session has just ended is no mistake: whoever sends is not always an application of the client's own, which hears of it.</summary>
    public ValueTask SendAsync(EngineIOSend packet, CancellationToken cancellationToken = default)
    {
        var sending = _send(packet, cancellationToken);
        return sending.IsCompletedSuccessfully ? sending : TolerateEndAsync(sending);
    }

    /// <summary>Sends what a client missed. Before the answer, as clients expect it: when they hear that they are back, they have it.</summary>
    public async ValueTask SendMissedAsync(IKeptClient kept, OrderedSends? seen)
    {
        foreach (var missed in kept.TakeMissed())
        {
            if (seen?.TryAdd(missed) != true)
            {
                await _send(missed.ToSend(Runtime.Codec));
            }
        }
    }

    /// <summary>Lets a client in: the answer first, by itself, then what was emitted before, one after the other, as a small packet would overtake a large one that has to wait.</summary>
    public async Task AcceptAsync(NamespaceConnection connection)
    {
        LiftDeadline();
        var answering = _send(Runtime.WriteAccept(connection));
        Outbox?.Flush(); // a client that awaits one packet at a time gets the answer by itself
        await answering;
        while (connection.TryTakeHeld(out var packet))
        {
            await _send(packet);
        }
    }

    /// <summary>A connection has ended.</summary>
    public void Forget(NamespaceConnection connection)
    {
        lock (this)
        {
            Connections = Array.FindAll(_connections, other => other != connection);
        }
    }

    /// <summary>The client is sent out of a namespace: what it sends there before it hears of that is not held against it.</summary>
    public void NoteSentOut(NamespaceConnection connection)
    {
        lock (this)
        {
            _sentOut ??= new(StringComparer.Ordinal);
            if (_sentOut.Count >= Runtime.Options.MaxNamespaces)
            {
                _sentOut.Clear(); // a client may choose names, where a pattern serves them
            }

            _sentOut.Add(connection.Namespace);
        }
    }

    /// <summary>Ends the session, with all namespaces.</summary>
    public ValueTask CloseAsync()
    {
        _closed = true;
        foreach (var connection in Connections)
        {
            connection.EndFor(Closed);
        }

        return _send(new EngineIOClose());
    }

    private static async ValueTask TolerateEndAsync(ValueTask sending)
    {
        try
        {
            await sending;
        }
        catch (ConnectionClosedException)
        {
            // The namespaces are about to hear of it.
        }
    }

    // A client that is in keeps no timer.
    private void LiftDeadline() => Interlocked.Exchange(ref _deadline, null)?.Dispose();

    private async ValueTask TakeAsync(EngineIOMessage message)
    {
        var outcome = _reader.Read(message, out var packet);
        _incomplete.Set(_reader.KeptBytes, _scope.Session?.Memory);
        switch (outcome)
        {
            case ReadOutcome.Invalid:
                Runtime.Log.Misbehaved("a packet that is against the protocol");
                _closed = true;
                await _send(new EngineIOClose());
                break;
            case ReadOutcome.Packet:
                await TakeAsync(packet);
                break;
        }
    }

    private ValueTask TakeAsync(ReceivedPacket packet)
    {
        var connection = Find(packet.Namespace.Span);
        if (packet.Type == PacketType.Connect)
        {
            return connection is null ? ConnectAsync(packet) : RefuseAsync("a second CONNECT to one namespace");
        }

        if (connection is not { IsConnected: true })
        {
            return WasSentOut(packet.Namespace.Span) ? ValueTask.CompletedTask : RefuseAsync("a packet for a namespace that the client is not in");
        }

        switch (packet.Type)
        {
            case PacketType.Event:
                return WaitForRoomAsync(connection.PostAsync(new SocketIOEvent(packet.Name!, packet.Arguments!, packet.Id) { Bytes = packet.Bytes })); // events have both
            case PacketType.Acknowledgement when packet.Id is { } id:
                connection.Answer(id, packet.Arguments!);
                break;
            case PacketType.Disconnect:
                connection.EndFor("client namespace disconnect");
                break;
        }

        return ValueTask.CompletedTask;
    }

    // While the session lasts: its end stands behind what is not read, and handlers may wait for it. What comes before it is what the engine lets wait.
    private async ValueTask WaitForRoomAsync(Task room) => await room.WaitAsync(_scope.Aborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private ValueTask ConnectAsync(ReceivedPacket packet)
    {
        var name = Encoding.UTF8.GetString(packet.Namespace.Span);
        if (Runtime.Spaces.Find(name) is not { } route)
        {
            return _send(Runtime.WriteRefusal(name, new SocketIORefuse("Invalid namespace")));
        }

        name = name == route.Label ? route.Label : name; // one text for all clients
        var connection = new NamespaceConnection(this, name, new SocketIOConnect(packet.Authentication));
        lock (this)
        {
            if (_connections.Length >= Runtime.Options.MaxNamespaces)
            {
                return _send(Runtime.WriteRefusal(name, new SocketIORefuse("Too many namespaces")));
            }

            if (_running >= Runtime.Options.MaxNamespaces)
            {
                return ConnectLaterAsync(packet, WhenApplicationEnds());
            }

            Connections = [.. _connections, connection];
            _sentOut?.Remove(name);
            _running++;
        }

        _ = ServeAsync(route, connection, packet.Authentication);
        return ValueTask.CompletedTask;
    }

    private ValueTask RefuseAsync(string what)
    {
        Runtime.Log.Misbehaved(what);
        return CloseAsync();
    }

    // The timer's: nobody waits for it.
    private async void GiveUp()
    {
        try
        {
            Runtime.Log.Misbehaved("no namespace in time");
            await CloseAsync();
        }
#pragma warning disable CA1031 // a thread of the timer's must not end the process
        catch
#pragma warning restore CA1031
        {
            // The session has ended meanwhile.
        }
    }

    private void EndAll(string reason, bool discard)
    {
        foreach (var connection in Connections)
        {
            connection.EndFor(reason, discard);
        }
    }

    private NamespaceConnection? Find(ReadOnlySpan<byte> name)
    {
        foreach (var connection in Connections)
        {
            if (IsNamed(connection.Namespace, name))
            {
                return connection;
            }
        }

        return null;
    }

    private bool WasSentOut(ReadOnlySpan<byte> name)
    {
        lock (this)
        {
            return _sentOut is { Count: > 0 } && _sentOut.Contains(Encoding.UTF8.GetString(name));
        }
    }

    private static bool IsNamed(string name, ReadOnlySpan<byte> utf8) =>
        name.Length <= utf8.Length && (Ascii.Equals(utf8, name) || (utf8.Length > name.Length && Encoding.UTF8.GetString(utf8) == name));
}
