using System.Threading.Channels;

namespace Channels.SocketIO;

/// <summary>
/// Tells the administrators of all processes what happens here, in its order. What happens faster than it can be told is dropped.
/// Thread-safe.
/// </summary>
/// <param name="runtime">What has the clock and the log.</param>
/// <param name="space">The administrators' namespace; what happens in it is told except for its events, which are these.</param>
/// <param name="admins">Reaches the administrators.</param>
internal sealed class AdminReports(SocketIORuntime runtime, string space, BroadcastOperator admins) : ISocketWatch
{
    private const int MostWaiting = 10_000;

    private readonly Channel<Report> _waiting = Channel.CreateBounded<Report>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });

    /// <summary>Tells until nothing comes any more.</summary>
    public async Task RunAsync()
    {
        await foreach (var report in _waiting.Reader.ReadAllAsync())
        {
            await TellAsync(report.Name, report.Describe);
        }
    }

    /// <summary>Nothing more is taken.</summary>
    public void Complete() => _waiting.Writer.TryComplete();

    /// <summary>Tells one thing; a failure is logged, as nobody asked for it.</summary>
    public async Task TellAsync(string name, Func<object?[]> describe)
    {
        try
        {
            await admins.EmitAsync(name, describe());
        }
#pragma warning disable CA1031 // a layer that is away, or data of the application's that cannot be written, must not end the telling
        catch (Exception error)
#pragma warning restore CA1031
        {
            runtime.Log.NotReported(error);
        }
    }

    public void OnConnected(NamespaceConnection socket)
    {
        var (rooms, now) = (socket.Rooms.ToArray(), Now());
        OnJoined(socket, socket.Id);
        Add("socket_connected", () => [SocketDescription.Of(socket, rooms), now]);
    }

    public void OnDisconnected(NamespaceConnection socket, string reason)
    {
        var now = Now();
        Add("socket_disconnected", () => [socket.Namespace, socket.Id, reason, now]);
        foreach (var room in socket.Rooms.ToArray())
        {
            OnLeft(socket, room);
        }
    }

    public void OnUpgraded(NamespaceConnection socket) =>
        Add("socket_updated", () => [SocketDescription.OfChange(socket, "transport", SocketDescription.TransportOf(socket))]);

    public void OnDataChanged(NamespaceConnection socket, string data) => Add("socket_updated", () => [SocketDescription.OfChange(socket, "data", SocketDescription.Parse(data))]);

    public void OnJoined(NamespaceConnection socket, string room)
    {
        var now = Now();
        Add("room_joined", () => [socket.Namespace, room, socket.Id, now]);
    }

    public void OnLeft(NamespaceConnection socket, string room)
    {
        var now = Now();
        Add("room_left", () => [socket.Namespace, room, socket.Id, now]);
    }

    public void OnReceived(NamespaceConnection socket, SocketIOEvent message) => AddEvent("event_received", socket, message.Arguments);

    public void OnSent(NamespaceConnection socket, SocketIOEmit message) => AddEvent("event_sent", socket, message.Arguments);

    private void AddEvent(string name, NamespaceConnection socket, SocketIOArguments arguments)
    {
        if (socket.Namespace != space)
        {
            var now = Now();
            Add(name, () => [socket.Namespace, socket.Id, SocketDescription.OfEvent(arguments), now]);
        }
    }

    private void Add(string name, Func<object?[]> describe)
    {
        if (!_waiting.Writer.TryWrite(new(name, describe)))
        {
            runtime.Log.ReportsDropped(MostWaiting);
        }
    }

    private string Now() => SocketDescription.ToText(runtime.Time.GetUtcNow());

    // What it holds is described when it is told, so that nothing of the application's runs inside a lock.
    private readonly record struct Report(string Name, Func<object?[]> Describe);
}
