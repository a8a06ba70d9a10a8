using System.Buffers;

namespace Channels.Layers.Redis;

/// <summary>Keys of the core layout and pub/sub channels of the pub/sub layout.</summary>
/// <param name="prefix">What all begin with.</param>
/// <param name="sharded">Whether pub/sub channels are shard channels: the braces keep that of a group in the slot of its history.</param>
internal sealed class WireNames(string prefix, bool sharded = false)
{
    private const string GroupMark = "__group__";
    private const int ProcessDigits = 32;
    private const int VersionDigit = 12;
    private const char ProcessVersion = '8';
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private readonly string _groupStart = prefix + GroupMark + (sharded ? "{" : "");
    private readonly string _groupEnd = sharded ? "}" : "";

    public string Prefix => prefix;

    /// <summary>Whether pub/sub channels are shard channels.</summary>
    public bool IsSharded => sharded;

    /// <summary>The key of a channel's inbox, from the part up to and including the <c>!</c>.</summary>
    public string InboxKey(string keyPart) => prefix + keyPart;

    /// <summary>The key of a group's members.</summary>
    public string GroupKey(string group) => $"{prefix}:group:{group}";

    /// <summary>
    /// The key that a process keeps while it lives: its absence tells the process that the server lost its data, and others that the
    /// process is dead. No other implementation knows it; channel
    /// names hold no colon, so it cannot collide with one.
    /// </summary>
    public string ProcessKey(string processId) => $"{prefix}:process:{processId}";

    /// <summary>The key that a process pops beside its inboxes, so that it can end its own pop. No other implementation knows it either.</summary>
    public string WakeKey(string processId) => $"{prefix}:wake:{processId}";

    /// <summary>
    /// An id for a process: 32 hex digits, of a kind (UUID version 8, RFC 9562) that says that it keeps a
    /// <see cref="ProcessKey"/>. Python's are of version 4.
    /// </summary>
    public static string NewProcessId() => string.Create(ProcessDigits, Guid.NewGuid().ToString("N"), static (digits, random) =>
    {
        random.CopyTo(digits);
        digits[VersionDigit] = ProcessVersion;
    });

    /// <summary>The id of the process that owns an inbox; null when it is none of those that keep a <see cref="ProcessKey"/>.</summary>
    public static string? ProcessOf(string keyPart)
    {
        var start = keyPart.Length - 1 - ProcessDigits;
        return start > 0 && keyPart[^1] == '!' && keyPart[start - 1] == '.' && keyPart[start + VersionDigit] == ProcessVersion
            && !keyPart.AsSpan(start, ProcessDigits).ContainsAnyExcept(HexDigits) ? keyPart.Substring(start, ProcessDigits) : null;
    }

    /// <summary>
    /// The keys of a group's history: a stream, and a hash of epoch, last number and bytes. The braces keep them in one slot of a
    /// cluster; no other implementation knows them.
    /// </summary>
    public (string Log, string Head) HistoryKeys(string group) => ($"{prefix}:history:{{{group}}}", $"{prefix}:history:{{{group}}}:head");

    /// <summary>The key of a leased value; the braces choose the slot of a cluster as a group's do. No other implementation knows it.</summary>
    public string StateKey(string key) => $"{prefix}:state:{{{key}}}";

    /// <summary>The pub/sub channel of a group.</summary>
    public string GroupChannel(string group) => _groupStart + group + _groupEnd;

    /// <summary>The shard channel of all channels of a process: shards know no patterns. No other implementation knows it.</summary>
    public string ProcessChannel(string processId) => $"{prefix}__process__{processId}";

    /// <summary>The group of a pub/sub channel, or null when it is none.</summary>
    public string? GroupOf(string redisChannel) =>
        redisChannel.StartsWith(_groupStart, StringComparison.Ordinal) && redisChannel.EndsWith(_groupEnd, StringComparison.Ordinal)
            ? redisChannel[_groupStart.Length..^_groupEnd.Length] : null;

    /// <summary>Throws unless the name may be used as an ordinary channel of the pub/sub layout.</summary>
    /// <exception cref="ArgumentException">It is not valid, or it is a group's.</exception>
    public void ThrowIfNotPubSubChannel(string? channel)
    {
        if (channel is not null && GroupOf(channel) is not null)
        {
            throw new ArgumentException($"'{HeaderText.Escape(channel)}' is what group '{HeaderText.Escape(GroupOf(channel))}' is called in Redis; choose a name without '{GroupMark}'.", nameof(channel));
        }

        // The prefix is part of names made by NewChannelAsync and may hold what names otherwise may not.
        var hasPrefix = channel is not null && prefix.Length > 0 && channel.Length > prefix.Length && channel.StartsWith(prefix, StringComparison.Ordinal);
        ChannelNames.ThrowIfNotChannel(hasPrefix ? channel![prefix.Length..] : channel); // hasPrefix implies not null
    }

    /// <summary>A glob pattern of Redis that matches the text and whatever follows.</summary>
    public static string StartsWithPattern(string text)
    {
        var pattern = new System.Text.StringBuilder(text.Length + 8);
        foreach (var character in text)
        {
            _ = character is '*' or '?' or '[' or ']' or '\\' or '^' or '-' ? pattern.Append('\\').Append(character) : pattern.Append(character);
        }

        return pattern.Append('*').ToString();
    }

    /// <summary>Whether a key has one of the shapes this layout writes.</summary>
    public bool IsOwnShape(string key)
    {
        const string inflight = "$inflight";
        if (!key.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = key[prefix.Length..];
        return rest.StartsWith(":group:", StringComparison.Ordinal) ? ChannelNames.IsGroup(rest[7..])
            : rest.StartsWith(":process:", StringComparison.Ordinal) ? ChannelNames.IsGroup(rest[9..])
            : rest.StartsWith(":wake:", StringComparison.Ordinal) ? ChannelNames.IsGroup(rest[6..])
            : ChannelNames.IsChannel(rest.EndsWith(inflight, StringComparison.Ordinal) ? rest[..^inflight.Length] : rest);
    }
}
