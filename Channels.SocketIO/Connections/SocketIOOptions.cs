using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>How a Socket.IO server behaves. Read once, when a <see cref="SocketIOServer"/> is made.</summary>
public sealed class SocketIOOptions
{
    /// <summary>The connection below: heartbeat, limits of messages, transports, origins.</summary>
    public EngineIOOptions Engine { get; set; } = new();

    /// <summary>How long a client may stay without being let into a namespace before its connection is closed. Default 45 s; more than 0.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>How packets are written on the wire; the clients must be told the same. Default text as JSON.</summary>
    public SocketIOParser Parser { get; set; } = SocketIOParser.Json;

    /// <summary>
    /// The contracts by which arguments are read and written; add a source-generated context to its
    /// <see cref="JsonSerializerOptions.TypeInfoResolver"/> where reflection is off. Default the web's: names in camel case.
    /// </summary>
    public JsonSerializerOptions Json { get; set; } = new(JsonSerializerDefaults.Web);

    /// <summary>How many byte arrays an event may hold, received or sent. Default 10, as in the clients; from 0 to 64.</summary>
    public int MaxAttachments { get; set; } = 10;

    /// <summary>
    /// How many bytes an event with byte arrays may have together; a client that sends more is closed. Default 4,000,000; at
    /// least 1. A single message is limited by the engine as well.
    /// </summary>
    public long MaxPacketBytes { get; set; } = 4_000_000;

    /// <summary>
    /// How many namespaces one client may be in at once; more are refused. Where as many applications still run for it, because it has left
    /// before they ended, nothing more of it is read until one has. Default 100; at least 1.
    /// </summary>
    public int MaxNamespaces { get; set; } = 100;

    /// <summary>
    /// How many events of a client may wait for its handlers in one namespace before nothing more of it is read. Default 100; at least 1.
    /// How many bytes may wait in all its namespaces together is said by <see cref="EngineIOOptions.MaxInboundBytes"/> or, where that is more,
    /// <see cref="MaxPacketBytes"/>.
    /// </summary>
    public int MaxWaitingEvents { get; set; } = 100;

    /// <summary>How many acknowledgements of one client may be waited for at once; emits that want more fail. Default 1,000; at least 1.</summary>
    public int MaxWaitingAcknowledgements { get; set; } = 1_000;

    /// <summary>
    /// What the names of groups on the channel layer begin with: servers with the same one, in this process or another, are one
    /// server. Default <c>sio</c>; 1 to 32 letters, digits, hyphens and underscores.
    /// </summary>
    public string GroupPrefix { get; set; } = "sio";

    /// <summary>
    /// How clients that were cut off come back to their id, rooms and data, and to the events that they missed; null, the default, for
    /// not at all. The layer needs a history: the in-memory one and those on Redis have it. The same in every process.
    /// </summary>
    public SocketIORecoveryOptions? Recovery { get; set; }

    /// <summary>What is wrong with the options.</summary>
    /// <exception cref="ArgumentException">An option is not right; the message names it.</exception>
    internal void ThrowIfInvalid()
    {
        Check(Engine is not null, nameof(Engine), "is null: leave the default, or give options.");
        Check(Json is not null, nameof(Json), "is null: leave the default, or give options.");
        Check(Enum.IsDefined(Parser), nameof(Parser), $"is {Parser}: it must be {SocketIOParser.Json} or {SocketIOParser.MessagePack}.");
        Check(ConnectTimeout > TimeSpan.Zero && ConnectTimeout.TotalMilliseconds <= int.MaxValue, nameof(ConnectTimeout), $"is {ConnectTimeout}: it must be a time of more than 0 and at most 24 days, such as 00:00:45.");
        Check(MaxAttachments is >= 0 and <= PayloadScan.MostAttachments, nameof(MaxAttachments), $"is {MaxAttachments}: it must be from 0 to {PayloadScan.MostAttachments}.");
        Check(MaxPacketBytes >= 1, nameof(MaxPacketBytes), $"is {MaxPacketBytes}: it must be at least 1 byte.");
        Check(MaxNamespaces >= 1, nameof(MaxNamespaces), $"is {MaxNamespaces}: it must be at least 1.");
        Check(MaxWaitingEvents >= 1, nameof(MaxWaitingEvents), $"is {MaxWaitingEvents}: it must be at least 1.");
        Check(MaxWaitingAcknowledgements >= 1, nameof(MaxWaitingAcknowledgements), $"is {MaxWaitingAcknowledgements}: it must be at least 1.");
        Check(GroupPrefix is { Length: >= 1 and <= 32 } && GroupPrefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'), nameof(GroupPrefix), $"is '{GroupPrefix}': it must be 1 to 32 letters, digits, hyphens and underscores.");
        Check(Recovery is null || (Recovery.MaxDisconnection >= TimeSpan.FromSeconds(1) && Recovery.MaxDisconnection <= TimeSpan.FromHours(24)), $"{nameof(Recovery)}.{nameof(Recovery.MaxDisconnection)}", $"is {Recovery?.MaxDisconnection}: it must be a time from 1 s to 24 hours, such as 00:02:00.");
        Check(Recovery is null or { MaxStateBytes: >= 1_024 }, $"{nameof(Recovery)}.{nameof(Recovery.MaxStateBytes)}", $"is {Recovery?.MaxStateBytes}: it must be at least 1,024 bytes.");
    }

    private static void Check(bool right, string name, string complaint)
    {
        if (!right)
        {
            throw new ArgumentException($"{nameof(SocketIOOptions)}.{name} {complaint}");
        }
    }
}
