using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>
/// Lets clients come back that were cut off, in whatever process: to their id, rooms and data, which are leased state of the layer, and to
/// the events that they missed, which are in the history of their namespace.
/// </summary>
/// <param name="runtime">What all sessions share.</param>
/// <param name="options">How.</param>
/// <param name="layer">The layer.</param>
/// <param name="history">The history of its groups.</param>
/// <param name="state">Its leased state.</param>
/// <param name="publisher">How events are emitted.</param>
/// <param name="services">The host's services.</param>
internal sealed class ClientRecovery(
    SocketIORuntime runtime, SocketIORecoveryOptions options, IChannelLayer layer, IGroupHistory history, ILeasedState state, EventPublisher publisher, IServiceProvider services) : IRecovery
{
    private const int PageSize = 100;
    private const int LongestSecret = 64; // of a client's: ours are shorter

    public EventPublisher Publisher => publisher;

    public ILeasedState State => state;

    public PacketCodec Codec => runtime.Codec;

    public SocketIOLog Log => runtime.Log;

    public TimeProvider Time => runtime.Time;

    public EventLogs Logs { get; } = new(runtime, services);

    public StateKeeper Keeper { get; } = new(runtime.Time, options.MaxDisconnection / 2);

    /// <summary>How long a client may be away.</summary>
    public TimeSpan Lifetime => options.MaxDisconnection;

    public int MaxBytes => options.MaxStateBytes;

    /// <summary>Whether a client may come back after such an end.</summary>
    public static bool EndsConnectionOnly(string reason) => reason is DisconnectReason.TransportClose or DisconnectReason.TransportError
        or DisconnectReason.ForcedClose or DisconnectReason.PingTimeout or DisconnectReason.ServerShuttingDown or "forced server close";

    /// <summary>Where a client's state is: nothing that a client says stands in a key, and no secret.</summary>
    public string KeyOf(string space, string pid) =>
        $"{runtime.Options.GroupPrefix}.client.{Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{space}\0{pid}")))}";

    public async Task BeginAsync(NamespaceConnection connection, JsonElement authentication, string? user)
    {
        var log = await Logs.OpenAsync(connection.Namespace);
        try
        {
            if (!await TryRecoverAsync(log, connection, authentication, user))
            {
                connection.Begin(SocketIORuntime.NewId());
                var client = new KeptClient(this, log, connection, SocketIORuntime.NewId(), SocketIORuntime.NewId(), user);
                log.Add(client, has: null);
                Keep(connection, client);
            }
        }
        catch
        {
            Logs.Close(log);
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        Keeper.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Keep(NamespaceConnection connection, KeptClient client)
    {
        Keeper.Track(client);
        connection.Data.Changed = () => _ = client.SaveAsync();
        connection.Keep(client);
    }

    private async Task<bool> TryRecoverAsync(EventLog log, NamespaceConnection connection, JsonElement authentication, string? user)
    {
        if (!TryReadText(authentication, "pid", out var pid) || !TryReadText(authentication, "offset", out var offset))
        {
            return false;
        }

        var owner = SocketIORuntime.NewId();
        var key = KeyOf(connection.Namespace, pid);
        if (await state.TakeAsync(key, owner) is not { } bytes || SavedClient.TryRead(bytes, Codec) is not { } saved)
        {
            return false;
        }

        var rooms = new RoomSet(saved.Id);
        foreach (var room in saved.Rooms)
        {
            rooms.Add(room);
        }

        var missed = new List<SocketIOEmit>();
        if (saved.User != user || await ReadAsync(log, rooms, HistoryPosition.Parse(offset), upTo: null, missed) is not { } last)
        {
            await state.ReleaseAsync(key, owner);
            return false;
        }

        await SendAwayAsync(connection.Namespace, saved.Id, owner);
        connection.Begin(saved.Id);
        foreach (var room in saved.Rooms)
        {
            connection.Rooms.Add(room);
        }

        connection.Data.Restore(saved.Data);
        var client = new KeptClient(this, log, connection, pid, owner, user);
        var isWhole = await ReadAsync(log, rooms, last, log.Add(client, last), missed) is not null;
        client.Recover(missed);
        Keep(connection, client);
        if (!isWhole)
        {
            await connection.CloseAsync(DisconnectReason.ForcedClose); // the history was lost in this very moment: the client begins anew
        }

        return true;
    }

    // Adds the events behind a position that the members of rooms are meant to have; gives the last position, or null when some are gone.
    private async Task<HistoryPosition?> ReadAsync(EventLog log, RoomSet rooms, HistoryPosition after, HistoryPosition? upTo, List<SocketIOEmit> events)
    {
        while (upTo is not { } end || (after.Epoch == end.Epoch && after.Offset < end.Offset))
        {
            var page = await history.ReadAsync(log.Group, after, PageSize);
            if (page.Gone)
            {
                return null;
            }

            foreach (var message in page.Messages)
            {
                after = message.Position!.Value; // a history's messages have one
                if (after.Offset > upTo?.Offset)
                {
                    return after;
                }

                if (IsMeant(message, rooms) && RoomMessages.ToEmit(message, Codec, after.ToString()) is { } emit && emit.Filter?.Drops(rooms) != true)
                {
                    events.Add(emit);
                }
            }

            if (!page.HasMore)
            {
                break;
            }
        }

        return upTo is null || upTo.Value.Epoch == after.Epoch ? after : null;
    }

    private static bool IsMeant(ChannelMessage message, RoomSet rooms) =>
        RoomMessages.ReadNames(message.Fields, "rooms") is var names && (names.Count == 0 || names.Any(rooms.Contains));

    // A connection that is dead, and whose process does not know it yet, must not stand beside the new one, which may hear of this too.
    private async ValueTask SendAwayAsync(string space, string id, string owner)
    {
        try
        {
            await layer.GroupSendAsync(SocketIOGroups.OfRoom(space, id, runtime.Options.GroupPrefix), new ChannelMessage(RoomMessages.ReplacedType, new MessageMap { ["by"] = owner }));
        }
        catch (ChannelLayerUnavailableException)
        {
            // It hears of it when it next writes its state.
        }
    }

    private static bool TryReadText(JsonElement authentication, string name, [NotNullWhen(true)] out string? text)
    {
        text = null;
        try
        {
            text = authentication.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, written as an escape.
        }

        return text is { Length: > 0 } && text.Length <= (name == "pid" ? LongestSecret : 2 * LongestSecret);
    }
}
