using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Channels;

/// <summary>
/// Makes the inboxes of a layer: options are shared by all inboxes of one capacity, names cannot be guessed.
/// For implementations of layers. Thread-safe.
/// </summary>
/// <param name="time">The clock that expiry is judged by.</param>
/// <param name="onExpired">Called for each message that expired unread in an inbox.</param>
/// <param name="onClose">Called once for each inbox that is disposed: leave its groups, forget its name.</param>
/// <param name="fullMode">What a full inbox does. Default refuses.</param>
public sealed class InboxFactory(TimeProvider time, Action onExpired, Func<ChannelInbox, ValueTask> onClose, InboxFullMode fullMode = InboxFullMode.Refuse)
{
    private const int RandomBytes = 12; // 96 bits
    private const int RandomCharacters = 16;
    private readonly ConcurrentDictionary<int, ChannelInboxOptions> _options = new();

    /// <summary>Makes an inbox.</summary>
    /// <param name="name">The channel's full name.</param>
    /// <param name="capacity">How many unread messages it holds; 0 or less means no limit.</param>
    public ChannelInbox Make(string name, int capacity)
    {
        if (!_options.TryGetValue(capacity, out var options))
        {
            options = _options.GetOrAdd(capacity, new ChannelInboxOptions
            {
                Capacity = capacity,
                FullMode = fullMode,
                Time = time,
                OnExpired = onExpired,
                OnClose = onClose,
            });
        }

        return new ChannelInbox(name, options);
    }

    /// <summary>A name nobody can guess: the prefix, the mark, and 16 random URL-safe characters (96 bits).</summary>
    /// <param name="prefix">The first part, for people; a valid group name.</param>
    /// <param name="mark">What stands between the prefix and the random part, for example <c>.inmemory!</c>.</param>
    /// <exception cref="ArgumentException">The prefix is not valid, or the whole would be too long.</exception>
    public static string NewName(string prefix, string mark)
    {
        ChannelNames.ThrowIfNotGroup(prefix);
        Span<byte> random = stackalloc byte[RandomBytes];
        RandomNumberGenerator.Fill(random);
        Span<char> characters = stackalloc char[RandomCharacters];
        Base64Url.EncodeToChars(random, characters);
        var name = string.Concat(prefix, mark, characters);
        ChannelNames.ThrowIfNotChannel(name);
        return name;
    }
}
