using System.Collections;

namespace Channels;

/// <summary>
/// The groups one consumer is a member of. They are left when the consumer ends: after a disconnect, after an error,
/// after a refused handshake. Thread-safe.
/// </summary>
public sealed class ConsumerGroups : IReadOnlyCollection<string>
{
    private ConsumerContext? _context; // null until the consumer's channel is open
    private Type? _consumer;
    private GroupNames _names = new();
    private GroupNames _tracked = new(); // those in which the connection is present
    private int _most = int.MaxValue;

    internal ConsumerGroups(IChannelLayer? layer) => Layer = layer;

    /// <summary>The layer that has the groups; null for none.</summary>
    internal IChannelLayer? Layer { get; }

    /// <summary>How many groups.</summary>
    public int Count => _names.All.Count;

    /// <summary>
    /// Joins a group. Joining again only refreshes the membership. A group whose joining failed half-way is left like
    /// the others.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups, or the consumer is in as many groups as it may be.</exception>
    /// <exception cref="ConnectionClosedException">The consumer has ended.</exception>
    public async ValueTask AddAsync(string group)
    {
        var (layer, channel) = RequireLayer();
        ChannelNames.ThrowIfNotGroup(group);
        Note(ref _names, group, "in", "join", "Leave");
        await layer.GroupAddAsync(group, channel);
        if (_names.HaveEnded)
        {
            await layer.GroupDiscardAsync(group, channel); // the consumer left its groups while this one was joined
            throw Ended(group);
        }
    }

    /// <summary>Leaves a group; no error when the consumer is not a member.</summary>
    /// <param name="group">The group's name.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    public async ValueTask DiscardAsync(string group)
    {
        var (layer, channel) = RequireLayer();
        _context!.Missed?.Followed.Remove(group); // a layer and a channel mean that it is there
        await layer.GroupDiscardAsync(group, channel);
        _names.Forget(group);
    }

    /// <summary>
    /// Joins a group and follows its history: after the handler at hand the consumer gets what was published behind
    /// <paramref name="since"/>, and then what is published from now on, in the order of the history, without a gap and nothing
    /// twice, whatever is lost or overtaken on the way. All of it comes as layer messages to the same handlers, each with its
    /// <see cref="ChannelMessage.Position"/>. Joining again begins again at the position given. Messages that were only sent to the
    /// group come besides, as to every member.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <param name="since">
    /// The position of the last message that the client has, <see cref="HistoryPosition.Oldest"/> for all that is kept, or null for
    /// none of the past.
    /// </param>
    /// <returns>Where the history stands, and whether what followed <paramref name="since"/> is no longer kept; then only new messages come.</returns>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups or no history, or the consumer is in as many groups as it may be.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The history cannot be read now; the consumer is not in the group.</exception>
    /// <exception cref="ConnectionClosedException">The consumer has ended.</exception>
    public async ValueTask<HistoryJoin> JoinAsync(string group, HistoryPosition? since = null)
    {
        var (layer, _) = RequireLayer();
        ChannelNames.ThrowIfNotGroup(group);
        var missed = _context!.RequireMissed(_consumer!, layer); // a layer means that they are there
        var cursor = new GroupCursor(group);
        missed.Followed.Set(cursor); // first: what comes from now on waits until it is known where to begin
        try
        {
            await AddAsync(group);
            var page = await missed.BeginAsync(cursor, since);
            return new(page.Newest, page.Gone);
        }
        catch
        {
            await DiscardAsync(group);
            throw;
        }
    }

    /// <summary>
    /// Makes a key, such as a user, present in a group for this connection, until the consumer ends or <see cref="UntrackAsync"/>. Several
    /// connections of one key count once. The consumer need not be a member. Calling it again changes key or metadata. A connection may
    /// be present in as many groups as its consumer may be a member of.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <param name="key">Who it is: 1 to 256 characters.</param>
    /// <param name="metadata">What others see of it; null for nothing.</param>
    /// <exception cref="ArgumentException">A name is not valid, or the metadata are larger than <see cref="PresenceOptions.MaxMetadataBytes"/>.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no presence, or the connection is present in as many groups as it may be.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The server is away; it is told when it is back.</exception>
    /// <exception cref="ConnectionClosedException">The consumer has ended.</exception>
    public async ValueTask TrackAsync(string group, string key, MessageMap? metadata = null)
    {
        var (layer, channel) = RequireLayer();
        var presence = _context!.RequirePresence(layer); // a layer means that it is there
        PresenceNews.ThrowIfNotKey(group, key); // which a peer may have chosen: a wrong one takes no place
        Note(ref _tracked, group, "present in", "be present in", "Untrack");
        var ended = false;
        try
        {
            await presence.TrackAsync(group, channel, key, metadata);
        }
        finally
        {
            _tracked.Note(group, int.MaxValue); // again, because it may have been untracked meanwhile, before it was tracked
            ended = _tracked.HaveEnded; // if it has not, its end will find the name
            if (ended)
            {
                await presence.UntrackAsync(group, channel); // the consumer ended its presence while this one began, which may be noted although it failed
            }
        }

        if (ended)
        {
            throw Ended(group);
        }
    }

    /// <summary>Ends the presence of this connection in a group.</summary>
    /// <param name="group">The group's name.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no presence.</exception>
    public async ValueTask UntrackAsync(string group)
    {
        var (layer, channel) = RequireLayer();
        var presence = _context!.RequirePresence(layer); // a layer means that it is there
        ChannelNames.ThrowIfNotGroup(group);
        _tracked.Forget(group); // first: whoever tracks it meanwhile notes it again behind this
        try
        {
            await presence.UntrackAsync(group, channel);
        }
        catch
        {
            _tracked.Note(group, int.MaxValue); // it is ended with the consumer
            throw;
        }
    }

    /// <summary>
    /// Tells who is present in a group, and from then on who comes and goes: by layer messages of the types in <see cref="PresenceNews"/>,
    /// without a gap and nothing twice. When <see cref="Consumer.OnHistoryGoneAsync"/> says that news are gone, watch again.
    /// </summary>
    /// <param name="group">The group's name; the consumer need not be a member.</param>
    /// <param name="max">The most keys to tell; for more ask <see cref="IGroupPresence.ListAsync"/> for the pages that follow.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no presence, no groups or no history.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The server is away; the group is not watched.</exception>
    public async ValueTask<PresencePage> WatchAsync(string group, int max = 1_000)
    {
        var (layer, _) = RequireLayer();
        var presence = _context!.RequirePresence(layer); // a layer means that it is there
        while (true)
        {
            var page = await presence.ListAsync(group, max: max);
            if (!(await JoinAsync(PresenceNews.GroupOf(group), page.Position)).Gone)
            {
                return page;
            }
        }
    }

    /// <summary>
    /// Tells who comes and goes behind a page of <see cref="IGroupPresence.ListAsync"/>, for those who have told their client of the
    /// page before the first news may come.
    /// </summary>
    /// <param name="group">The group's name; the consumer need not be a member.</param>
    /// <param name="since">The page's <see cref="PresencePage.Position"/>.</param>
    /// <returns>As <see cref="JoinAsync"/>: when the news behind the page are gone, list and watch again.</returns>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups or no history.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The server is away; the group is not watched.</exception>
    public ValueTask<HistoryJoin> WatchAsync(string group, HistoryPosition since)
    {
        ChannelNames.ThrowIfNotGroup(group);
        return JoinAsync(PresenceNews.GroupOf(group), since);
    }

    /// <summary>Ends what <see cref="WatchAsync(string, int)"/> began.</summary>
    /// <param name="group">The group's name.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    public ValueTask UnwatchAsync(string group)
    {
        ChannelNames.ThrowIfNotGroup(group);
        return DiscardAsync(PresenceNews.GroupOf(group));
    }

    /// <summary>
    /// Writes a message into the group's history and sends it to every member, this consumer included if it is one, in one step:
    /// history and live order are one.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <param name="message">The message.</param>
    /// <returns>The message's position in the history.</returns>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups or no history.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The history is away; whether the message was written may be unknown.</exception>
    public ValueTask<HistoryPosition> PublishAsync(string group, ChannelMessage message)
    {
        var (layer, _) = RequireLayer();
        return _context!.RequireHistory(layer).PublishAsync(group, message); // a layer means that it is there
    }

    /// <summary>Writes a typed record into the group's history and sends it to every member; see <see cref="PublishAsync(string, ChannelMessage)"/>.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="group">The group's name.</param>
    /// <param name="message">The record.</param>
    /// <returns>The message's position in the history.</returns>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups or no history.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The history is away; whether the message was written may be unknown.</exception>
    public ValueTask<HistoryPosition> PublishAsync<T>(string group, T message)
        where T : class, ITypedMessage<T> => PublishAsync(group, ChannelMessage.Of(message));

    /// <summary>Sends a message to every member of a group, this consumer included if it is one.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="message">The message.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    public ValueTask SendAsync(string group, ChannelMessage message) => RequireLayer().Layer.GroupSendAsync(group, message);

    /// <summary>Sends a typed record to every member of a group, this consumer included if it is one.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="group">The group's name.</param>
    /// <param name="message">The record.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    public ValueTask SendAsync<T>(string group, T message)
        where T : class, ITypedMessage<T> => SendAsync(group, ChannelMessage.Of(message));

    /// <summary>Sends a map to every member of a group, this consumer included if it is one.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="type">The message type.</param>
    /// <param name="fields">The content; null for none.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    public ValueTask SendAsync(string group, string type, MessageMap? fields = null) => SendAsync(group, new ChannelMessage(type, fields));

    /// <summary>Sends a message to every other member of a group: this consumer's own channel skips it, besides those that the message names itself.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="message">The message.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    public ValueTask SendToOthersAsync(string group, ChannelMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var (layer, channel) = RequireLayer();
        return layer.GroupSendAsync(group, message with { Except = [.. message.Except, channel] });
    }

    /// <summary>Sends a typed record to every other member of a group.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="group">The group's name.</param>
    /// <param name="message">The record.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    public ValueTask SendToOthersAsync<T>(string group, T message)
        where T : class, ITypedMessage<T> => SendToOthersAsync(group, ChannelMessage.Of(message));

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => _names.All.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The consumer's channel is open: from now on groups can be joined. Before anybody else sees this object.</summary>
    internal void Begin(ConsumerContext context) => _context = context;

    /// <summary>How many groups the consumer may be in. Before anybody else sees this object.</summary>
    internal void Limit(Type consumer, int most) => (_consumer, _most) = (consumer, most);

    /// <summary>Ends the connection's presence and leaves all groups, for good: none can be joined afterwards.</summary>
    internal async ValueTask LeaveAllAsync()
    {
        var errors = await (_context?.UntrackAsync(_tracked.End()) ?? default);
        foreach (var group in _names.End()) // whoever joins meanwhile sees it, and leaves by itself
        {
            try
            {
                await Layer!.GroupDiscardAsync(group, _context!.Inbox!.Name); // a name in the list means that all of them exist
            }
            catch (Exception error)
            {
                (errors ??= []).Add(error); // the other groups must be left all the same
            }
        }

        if (errors is not null)
        {
            throw new AggregateException("Some groups could not be left; their memberships end by expiry.", errors);
        }
    }

    private static ConnectionClosedException Ended(string group) => new($"The consumer has ended and cannot join the group '{group}' any more.");

    // Before the layer is told: what fails half-way is ended like the others.
    private void Note(ref GroupNames names, string group, string place, string enter, string leave)
    {
        switch (names.Note(group, _most))
        {
            case GroupNote.Ended:
                throw Ended(group);
            case GroupNote.TooMany:
                throw new InvalidOperationException($"{_consumer?.Name ?? "The consumer"} is {place} {_most} groups, which is the most it may be in, and cannot {enter} '{group}'. {leave} some, or override MaxGroups.");
            default:
                break;
        }
    }

    private (IChannelLayer Layer, string Channel) RequireLayer()
    {
        if (Layer is null || _context is not { Inbox: { } inbox })
        {
            throw new InvalidOperationException("Groups need a channel layer, but none is configured: call services.AddChannels().");
        }

        return Layer.Features.HasFlag(ChannelLayerFeatures.Groups)
            ? (Layer, inbox.Name)
            : throw new InvalidOperationException($"The channel layer '{Layer.Alias}' has no groups; choose one that has.");
    }
}
