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
    private const int LongestSecret = 64; // of a client's: ours are shorter

    private readonly MissedEvents _missed = new(history, runtime.Codec);

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

        var client = new KeptClient(this, log, connection, pid, SocketIORuntime.NewId(), user);
        var key = KeyOf(connection.Namespace, pid);
        if (await state.TakeAsync(key, client.Owner) is not { } bytes || SavedClient.TryRead(bytes, Codec) is not { } saved)
        {
            return false;
        }

        try
        {
            if (saved.User == user && await TryRestoreAsync(log, client, saved, HistoryPosition.Parse(offset)))
            {
                return true;
            }

            await state.ReleaseAsync(key, client.Owner);
            return false;
        }
        catch
        {
            log.Remove(client);
            await PutBackAsync(key, client.Owner, bytes); // the client tries again
            throw;
        }
    }

    // For its whole lifetime: how much of it was left, nobody knows.
    private async ValueTask PutBackAsync(string key, string owner, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await state.PutAsync(key, owner, bytes, Lifetime);
        }
        catch (ChannelLayerUnavailableException error)
        {
            Log.NotKept("the layer is away", error);
        }
    }

    // False when events that the client has not had are gone.
    private async Task<bool> TryRestoreAsync(EventLog log, KeptClient client, SavedClient saved, HistoryPosition offset)
    {
        var connection = client.Connection;
        var rooms = new RoomSet(saved.Id);
        foreach (var room in saved.Rooms)
        {
            rooms.Add(room);
        }

        var missed = new List<SocketIOEmit>();
        if (await _missed.ReadAsync(log, rooms, offset, upTo: null, missed) is not { } last)
        {
            return false;
        }

        await SendAwayAsync(connection.Namespace, saved.Id, client.Owner);
        connection.Begin(saved.Id);
        foreach (var room in saved.Rooms)
        {
            connection.Rooms.Add(room);
        }

        connection.Data.Restore(saved.Data);
        var isWhole = await _missed.ReadAsync(log, rooms, last, log.Add(client, last), missed) is not null;
        client.Recover(missed);
        Keep(connection, client);
        if (!isWhole)
        {
            await connection.CloseAsync(DisconnectReason.ForcedClose); // the history was lost in this very moment: the client begins anew
        }

        return true;
    }

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
