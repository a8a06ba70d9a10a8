using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Presence in the groups of a Redis layer. Each process keeps one lease on each host, however many keys it has; who finds one that has
/// ended takes that process' connections away. What a process has told is kept here, and told again when the server has lost it.
/// </summary>
internal sealed class RedisPresence : IGroupPresence, IAsyncDisposable
{
    private readonly IHistoryLayer _layer;
    private readonly HistoryWriter _writer;
    private readonly PresenceOptions _options;
    private readonly PresenceLeases _leases;
    private readonly ConcurrentDictionary<PresencePlace, OwnPresence> _own = new();
    private int _disposed;

    public RedisPresence(IHistoryLayer layer, HistoryOptions history, PresenceOptions options)
    {
        (_layer, _writer, _options) = (layer, new(layer.Parts, history), options);
        _leases = new(layer, this);
    }

    public async ValueTask TrackAsync(string group, string connection, string key, MessageMap? metadata = null, CancellationToken cancellationToken = default)
    {
        metadata ??= [];
        PresenceNews.ThrowIfInvalid(group, key, metadata, _options);
        ChannelNames.ThrowIfNotChannel(connection);
        _ = _writer.Arguments(Draft(group, PresenceNews.OfJoined(group, key, metadata))); // first: what cannot be written is refused here; what is noted is told again and again
        var place = new PresencePlace(group, connection);
        var former = _own.GetValueOrDefault(place);
        var own = new OwnPresence(key, metadata, former is not null && former.Metadata.Equals(metadata) ? former.Encoded : Encode(metadata)); // no two encrypted ones are the same
        if (former is not null && former.Key != key)
        {
            await UntrackAsync(group, connection, cancellationToken);
        }

        _own[place] = own; // first: whatever happens, it is told in the end
        await TellAsync(place, cancellationToken);
    }

    public async ValueTask UntrackAsync(string group, string connection, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ChannelNames.ThrowIfNotChannel(connection);
        var place = new PresencePlace(group, connection);
        OwnPresence? known;
        do
        {
            if (!_own.TryGetValue(place, out known))
            {
                return;
            }
        }
        while (!_own.TryUpdate(place, known.Leaving(), known)); // one that came in between under another key would never be told to have left

        try
        {
            await TellAsync(place, cancellationToken);
        }
        catch (ChannelLayerUnavailableException)
        {
            // It is noted.
        }
    }

    public async ValueTask<PresencePage> ListAsync(string group, string? after = null, int max = 1_000, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        await _layer.Parts.StartAsync(cancellationToken); // which link it is depends on what the server says that it is
        await _leases.BeginAsync(LinkOf(group), cancellationToken); // who looks at others sees to it that the dead are taken away
        var answer = (RedisResult[])(await PresenceScripts.List.RunAsync(
            LinkOf(group), Keys(group), [HistoryPosition.NewEpoch(), _writer.MaxAge, after is null ? "-" : $"({after}", (long)max + 1], bytes: 100, cancellationToken))!; // always a list
        var (keys, metadata) = ((string[])answer[2]!, (byte[][])answer[3]!); // so are these
        return new([.. keys.Take(max).Select((key, index) => new PresenceEntry(key, Decode(metadata[index])))], keys.Length > max, HistoryWriter.Position(answer));
    }

    /// <summary>Whether this process has nobody present.</summary>
    public bool IsEmpty => _own.IsEmpty;

    /// <summary>This process' places whose groups are on a host.</summary>
    public PresencePlace[] PlacesOn(RedisLink link) => [.. _own.Keys.Where(place => LinkOf(place.Group) == link)];

    /// <summary>Tells the server what is so now, or later if it fails; what it knows already changes nothing.</summary>
    public async Task TellAsync(PresencePlace place, CancellationToken cancellationToken)
    {
        try
        {
            await _layer.Parts.StartAsync(cancellationToken); // which link it is depends on what the server says that it is
            await _leases.BeginAsync(LinkOf(place.Group), cancellationToken);
            while (_own.TryGetValue(place, out var own) && !await TryTellAsync(place, own, cancellationToken))
            {
                // Something else is so by now.
            }
        }
        catch
        {
            _leases.TellLater();
            throw;
        }
    }

    /// <summary>Ends the presence of a connection, of whichever process it is.</summary>
    public async Task LeaveAsync(PresencePlace place, string key, CancellationToken cancellationToken)
    {
        var draft = Draft(place.Group, PresenceNews.OfLeft(place.Group, key));
        var (arguments, bytes) = _writer.Arguments(draft);
        var answer = await PresenceScripts.Untrack.RunAsync(LinkOf(place.Group), Keys(place.Group), [place.Connection, key, .. arguments], bytes, cancellationToken);
        await SendAsync(draft, answer, cancellationToken);
    }

    /// <summary>The key of what a process has told a host.</summary>
    public string IndexOf(string process) => $"{_layer.Parts.Names.Prefix}:presence:process:{process}";

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return; // the container knows that of the default layer under two names
        }

        await _leases.StopAsync(); // first: what is being told at this moment is in the server or noted here when all leave
        foreach (var (group, connection) in _own.Keys)
        {
            try
            {
                await UntrackAsync(group, connection);
            }
            catch (Exception error)
            {
                _leases.Report(error); // the others leave all the same; this one does when the lease has ended
            }
        }

        await _leases.DisposeAsync();
    }

    // Gives whether that is still so.
    private async Task<bool> TryTellAsync(PresencePlace place, OwnPresence own, CancellationToken cancellationToken)
    {
        if (own.HasLeft)
        {
            await UntrackAsync(place, own.Key, cancellationToken);
            return _own.TryRemove(new(place, own));
        }

        OwnPresence now;
        try
        {
            await TrackAsync(place, own, cancellationToken);
        }
        finally
        {
            now = _own.GetOrAdd(place, own.Leaving()); // its end may have overtaken us, and we may have been heard although we failed: then that is told once more
        }

        return ReferenceEquals(now, own);
    }

    private async Task TrackAsync(PresencePlace place, OwnPresence own, CancellationToken cancellationToken)
    {
        await PresenceLeases.NoteAsync(LinkOf(place.Group), IndexOf(_layer.Parts.ProcessId), place, own.Key, there: true, cancellationToken); // first: a process that dies has said where it was
        var draft = Draft(place.Group, PresenceNews.OfJoined(place.Group, own.Key, own.Metadata));
        var (arguments, bytes) = _writer.Arguments(draft);
        RedisResult answer;
        while (true)
        {
            answer = await PresenceScripts.Track.RunAsync(
                LinkOf(place.Group), Keys(place.Group), [place.Connection, own.Key, own.Encoded, .. arguments], bytes + own.Encoded.Length, cancellationToken);
            if ((string[])answer! is not [var other])
            {
                break;
            }

            await UntrackAsync(place, other, cancellationToken);
        }

        await SendAsync(draft, answer, cancellationToken);
    }

    private async Task UntrackAsync(PresencePlace place, string key, CancellationToken cancellationToken)
    {
        await LeaveAsync(place, key, cancellationToken);
        await PresenceLeases.NoteAsync(LinkOf(place.Group), IndexOf(_layer.Parts.ProcessId), place, key, there: false, cancellationToken);
    }

    // The news are in the history already: whoever misses them reads them.
    private async Task SendAsync(HistoryDraft draft, RedisResult answer, CancellationToken cancellationToken)
    {
        if ((RedisResult[])answer! is not { Length: 2 } news)
        {
            return;
        }

        try
        {
            await _layer.SendAsync(draft, HistoryWriter.Position(news), cancellationToken);
        }
        catch (ChannelLayerUnavailableException error)
        {
            _layer.Parts.Drops.Unconfirmed(error.Message);
        }
    }

    private static HistoryDraft Draft(string group, ChannelMessage news) => new(PresenceNews.GroupOf(group), news, WirePosition.NewMark(), Again: false);

    // All in one slot of a cluster, with the history of the news.
    private RedisKey[] Keys(string group)
    {
        var news = PresenceNews.GroupOf(group);
        var start = $"{_layer.Parts.Names.Prefix}:presence:{{{news}}}";
        return [$"{start}:connections", $"{start}:counts", $"{start}:keys", $"{start}:metadata", .. _writer.Keys(news)];
    }

    private RedisLink LinkOf(string group) => _layer.HistoryLinkOf(PresenceNews.GroupOf(group));

    private byte[] Encode(MessageMap metadata) => metadata.Count == 0 ? [] : _writer.Codec.Encode(new ChannelMessage(PresenceNews.Joined, metadata));

    private MessageMap Decode(byte[] metadata) => metadata.Length > 0 && _writer.Codec.TryDecode(metadata, out var message, out _, out _) ? message.Fields : [];
}
