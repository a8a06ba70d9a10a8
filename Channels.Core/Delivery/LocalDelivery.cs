using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Channels.Extending;

/// <summary>
/// The open channels of this process, the groups they are in, and the one way from a layer to them: every layer delivers
/// through one of these, so that all wake sleeping receivers in waves, keep bursts together, pass unchanged messages on past
/// sleeping consumers, and honour <see cref="ChannelMessage.Except"/>. For authors of layers. Thread-safe; delivering takes
/// no lock that others wait for.
/// </summary>
public sealed class LocalDelivery
{
    private const int RandomBytes = 12; // 96 bits
    private const int RandomCharacters = 16;
    private readonly LocalDeliveryOptions _options;
    private readonly GroupTable _table = new();
    private readonly Wave.Pool _waves = new();
    private readonly Bursts _bursts;
    private readonly ConcurrentDictionary<int, MailboxSettings> _settings = new(); // by capacity
    private volatile bool _ended;

    /// <summary>Makes an empty one.</summary>
    /// <param name="options">How channels behave; null for the defaults.</param>
    public LocalDelivery(LocalDeliveryOptions? options = null)
    {
        _options = options ?? new();
        _bursts = new(_options.Time);
    }

    /// <summary>The groups that have members in this process; a moment's view.</summary>
    public IReadOnlyList<string> Groups => _table.GroupNames;

    internal GroupTable Table => _table;

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

    /// <summary>Opens a channel of this process.</summary>
    /// <param name="name">The channel's full name.</param>
    /// <param name="capacity">How many unread messages it holds; 0 or less means no limit.</param>
    /// <returns>The receiving end; null when the name is taken.</returns>
    public ChannelInbox? TryOpen(string name, int capacity)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var settings = _settings.GetOrAdd(capacity, static (capacity, own) => own.SettingsFor(capacity), this);
        var mailbox = new Mailbox(name, settings);
        if (!_table.TryOpen(mailbox))
        {
            return null;
        }

        Interlocked.MemoryBarrier(); // either End finds it, or it has ended before this look
        if (_ended)
        {
            mailbox.Close();
        }

        return new ChannelInbox(mailbox);
    }

    /// <summary>The layer has ended: whoever reads a channel of this process is told, and one that is opened from now on is closed.</summary>
    internal void End()
    {
        _ended = true;
        Interlocked.MemoryBarrier();
        foreach (var mailbox in _table.Mailboxes)
        {
            mailbox.Close();
        }
    }

    /// <summary>Forgets a channel of this process and ends its memberships; nothing happens when there is none.</summary>
    /// <param name="channel">The channel's full name.</param>
    public void Close(string channel) => _table.Close(channel);

    /// <summary>Whether a channel of this process is open under that name.</summary>
    /// <param name="channel">The channel's full name.</param>
    public bool IsOpen(string channel) => _table.FindMailbox(channel) is not null;

    /// <summary>Whether the group has members in this process.</summary>
    /// <param name="group">The group.</param>
    public bool HasMembers(string group) => _table.Find(group) is not null;

    /// <summary>Makes an open channel of this process a member of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="channel">The channel's full name.</param>
    /// <returns>False when no channel of that name is open.</returns>
    public bool TryAdd(string group, string channel) => _table.TryAddOpen(group, channel);

    /// <summary>Ends a membership; nothing happens when there is none.</summary>
    /// <param name="group">The group.</param>
    /// <param name="channel">The channel's full name.</param>
    public void Discard(string group, string channel) => _table.Discard(group, channel);

    /// <summary>The groups an open channel is in.</summary>
    /// <param name="channel">The channel's full name.</param>
    public IReadOnlyList<string> GroupsOf(string channel) => _table.GroupsOf(channel);

    /// <summary>Delivers a message to one open channel.</summary>
    /// <param name="channel">The channel's full name.</param>
    /// <param name="message">The message.</param>
    /// <param name="expiresAt">The timestamp of the options' clock after which it is dropped unread; <see cref="long.MaxValue"/> for never.</param>
    /// <returns><see cref="InboxPostResult.Closed"/> also when no such channel is open.</returns>
    public InboxPostResult Send(string channel, ChannelMessage message, long expiresAt = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (_table.FindMailbox(channel) is not { } mailbox)
        {
            return InboxPostResult.Closed;
        }

        var result = mailbox.Post(message, expiresAt, out var readerSleeps);
        if (readerSleeps)
        {
            mailbox.Wake();
        }

        return result;
    }

    /// <summary>Delivers one message instance to every member of a group in this process.</summary>
    /// <param name="group">The group.</param>
    /// <param name="message">The message.</param>
    /// <param name="expiresAt">The timestamp after which it is dropped unread.</param>
    public FanOutResult SendToGroup(string group, ChannelMessage message, long expiresAt = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (_table.Find(group) is not { } members)
        {
            return default;
        }

        var now = _options.Time.GetTimestamp();
        var excepts = message.Except.Count > 0;
        var fanOut = new FanOut(message, expiresAt, _waves, _bursts.Current, now);
        try
        {
            foreach (var membership in members.Snapshot())
            {
                if (excepts && message.IsExcepted(membership.Member.Name) && !Follows(membership.Mailbox, message))
                {
                    continue;
                }

                if (membership.Mailbox is { } mailbox)
                {
                    fanOut.Post(mailbox);
                }
                else if (membership.ExpiresAt <= now)
                {
                    _table.Expire(membership, now);
                }
                else if (_options.PostElsewhere is { } post)
                {
                    fanOut.Count(post(membership.Member.Name, message, expiresAt));
                }
            }
        }
        finally
        {
            fanOut.Complete(); // whatever happens, who was posted to must wake
        }

        return fanOut.Result;
    }

    /// <summary>Delivers one message instance to several channels of this process; those that are not open are left out.</summary>
    /// <param name="channels">The channels' full names.</param>
    /// <param name="message">The message.</param>
    /// <param name="expiresAt">The timestamp after which it is dropped unread.</param>
    public FanOutResult SendToMany(IEnumerable<string> channels, ChannelMessage message, long expiresAt = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(channels);
        ArgumentNullException.ThrowIfNull(message);
        return new FanOut(message, expiresAt, _waves, _bursts.Current, _options.Time.GetTimestamp()).PostTo(OpenOnes(channels, message));
    }

    /// <summary>Delivers one message instance to every open channel of this process.</summary>
    /// <param name="message">The message.</param>
    public FanOutResult SendToAll(ChannelMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return new FanOut(message, long.MaxValue, _waves, burst: null, _options.Time.GetTimestamp()).PostTo(_table.Mailboxes);
    }

    /// <summary>Makes every member of the group that follows its history look into it: a message may be there that was not delivered.</summary>
    /// <param name="group">The group.</param>
    internal void Doubt(string group)
    {
        if (_table.Find(group) is { } members)
        {
            foreach (var membership in members.Snapshot())
            {
                membership.Mailbox?.Doubt(group);
            }
        }
    }

    /// <summary>The channels that are members of a group now.</summary>
    internal IReadOnlyList<string> MembersOf(string group)
    {
        ChannelNames.ThrowIfNotGroup(group);
        if (_table.Find(group) is not { } members)
        {
            return [];
        }

        var now = _options.Time.GetTimestamp();
        List<string> names = [];
        foreach (var membership in members.Snapshot())
        {
            if (membership.ExpiresAt > now)
            {
                names.Add(membership.Member.Name);
            }
        }

        return names;
    }

    /// <summary>Whether a member in this process follows the group's history.</summary>
    /// <param name="group">The group.</param>
    internal bool HasFollowers(string group)
    {
        if (_table.Find(group) is { } members)
        {
            foreach (var membership in members.Snapshot())
            {
                if (membership.Mailbox?.Followed?.Find(group) is not null)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Ends all memberships and empties all channels; those stay open.</summary>
    public void Flush() => _table.Flush();

    private MailboxSettings SettingsFor(int capacity) =>
        new(capacity, _options.FullMode, _options.Time, _options.OnExpired, _options.OnClose ?? CloseAsync, _options.OnUnread, _bursts);

    // Who counts positions must see the number of what it skips.
    private static bool Follows(Mailbox? mailbox, ChannelMessage message) =>
        message.Stamp is { } stamp && mailbox?.Followed?.Find(stamp.Group) is not null;

    private ValueTask CloseAsync(ChannelInbox inbox)
    {
        Close(inbox.Name);
        return ValueTask.CompletedTask;
    }

    private IEnumerable<Mailbox> OpenOnes(IEnumerable<string> channels, ChannelMessage message)
    {
        foreach (var channel in channels)
        {
            if (_table.FindMailbox(channel) is { } mailbox && (!message.IsExcepted(channel) || Follows(mailbox, message)))
            {
                yield return mailbox;
            }
        }
    }
}
