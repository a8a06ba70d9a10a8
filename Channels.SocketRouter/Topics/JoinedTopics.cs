using System.Collections.Concurrent;
using System.Text.Json;

namespace Channels.SocketRouter;

/// <summary>
/// The topics of one connection. Joining reads what was missed, replies, and only then begins to follow at the very position the reply
/// has told: what is published in between stands in the history, so nothing is lost, doubled, or sent before the reply. Requests come
/// one at a time; what the loop tells comes beside them.
/// </summary>
internal sealed class JoinedTopics(ITopicPeer peer)
{
    private const int MostMissed = 300;
    private const int MostPresent = 1_000;
    private const int MostTopics = 1_000;
    private const string Unrecoverable = "unrecoverable";
    private const string Unavailable = "unavailable";

    private readonly ConcurrentDictionary<string, JoinedTopic> _byGroup = new(StringComparer.Ordinal);

    public async ValueTask<SocketAnswer> JoinAsync(SocketRequest request)
    {
        if (!TopicRequest.TryRead(request.Payload, out var asked))
        {
            return SocketAnswer.RefuseData();
        }

        if (!await peer.MayJoinAsync(asked.Topic, request))
        {
            return SocketAnswer.RefuseAccess();
        }

        var group = TopicName.GroupOf(asked.Topic);
        _byGroup.TryGetValue(group, out var joined);
        var isNew = joined is null;
        if (joined is null)
        {
            if (_byGroup.Count >= MostTopics)
            {
                return SocketAnswer.Refuse(CallError.TooManyTopics);
            }

            joined = _byGroup[group] = new(asked.Topic, group);
        }

        if (asked.Presence is { } metadata)
        {
            var key = peer.PresenceKeyOf(asked.Topic); // its mistakes are the application's
            var wasPresent = joined.IsPresent;
            joined.IsPresent = true; // first: a half-way failure ends like a success
            try
            {
                await peer.Presence.TrackAsync(group, peer.Connection, key, metadata);
            }
            catch (ArgumentException)
            {
                joined.IsPresent = wasPresent;
                if (isNew)
                {
                    _byGroup.TryRemove(group, out _);
                }

                return SocketAnswer.RefuseData(); // more than presence takes
            }
        }

        var present = asked.Watches ? await peer.Presence.ListAsync(group, max: MostPresent) : null;
        var missed = await ReadMissedAsync(asked, group);
        request.AfterReply = () => AttachAsync(joined, asked, missed, present);
        return new(200, PresenceFrames.Write(writer => WriteJoined(writer, asked.Topic, missed, present)));
    }

    public async ValueTask<SocketAnswer> LeaveAsync(SocketRequest request)
    {
        if (!TopicRequest.TryRead(request.Payload, out var asked))
        {
            return SocketAnswer.RefuseData();
        }

        if (_byGroup.TryRemove(TopicName.GroupOf(asked.Topic), out var joined))
        {
            await LeaveAsync(joined);
        }

        return new(200, PresenceFrames.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("topic", asked.Topic);
            writer.WriteEndObject();
        }));
    }

    public async ValueTask<SocketAnswer> ListPresentAsync(SocketRequest request)
    {
        if (!TopicRequest.TryRead(request.Payload, out var asked))
        {
            return SocketAnswer.RefuseData();
        }

        if (!_byGroup.TryGetValue(TopicName.GroupOf(asked.Topic), out var joined))
        {
            return SocketAnswer.Refuse(CallError.TopicNotJoined);
        }

        var page = await peer.Presence.ListAsync(joined.Group, max: MostPresent);
        return new(200, PresenceFrames.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("topic", asked.Topic);
            PresenceFrames.WriteState(writer, page);
            writer.WriteEndObject();
        }));
    }

    /// <summary>The client has what came up to a position. Returns false when it has joined no such topic.</summary>
    public async ValueTask<SocketAnswer> AcknowledgeAsync(SocketRequest request)
    {
        if (!TopicRequest.TryRead(request.Payload, out var asked) || !TopicRequest.TryReadPosition(request.Payload, out var position))
        {
            return SocketAnswer.RefuseData();
        }

        if (!_byGroup.TryGetValue(TopicName.GroupOf(asked.Topic), out var joined))
        {
            return SocketAnswer.Refuse(CallError.TopicNotJoined);
        }

        joined.Acknowledged?.Acknowledge(position);
        await Acknowledgements.StoreAsync(peer.History, peer.User, asked.Topic, position);
        return new(200);
    }

    /// <summary>Messages of a group are gone before this connection could have them.</summary>
    public async ValueTask HistoryGoneAsync(string group)
    {
        if (_byGroup.TryGetValue(group, out var joined))
        {
            var page = await peer.History.ReadAsync(group, HistoryPosition.Oldest, max: 0);
            await ResetAsync(joined, page.Newest, Unrecoverable);
            return;
        }

        // News of presence have groups of their own, which do not tell whose they are.
        foreach (var watched in _byGroup.Values.Where(topic => topic.IsWatched))
        {
            await WatchAnewAsync(watched);
        }
    }

    /// <summary>Somebody came or went in a topic whose name its group does not tell.</summary>
    public ValueTask TellPresenceAsync(string group, ChannelMessage news) =>
        _byGroup.TryGetValue(group, out var joined) ? peer.SendAsync(PresenceFrames.Diff(joined.Topic, news)) : ValueTask.CompletedTask;

    /// <summary>The connection has ended: it stays present for a moment.</summary>
    public async ValueTask EndAsync()
    {
        var linger = peer.Services.GetService(typeof(PresenceLinger)) as PresenceLinger;
        foreach (var joined in _byGroup.Values.Where(topic => topic.IsPresent))
        {
            if (linger is not null)
            {
                linger.LeaveLater(peer.Presence, joined.Group, peer.Connection);
            }
            else
            {
                await peer.Presence.UntrackAsync(joined.Group, peer.Connection);
            }
        }
    }

    private static void WriteJoined(Utf8JsonWriter writer, string topic, MissedPart missed, PresencePage? present)
    {
        writer.WriteStartObject();
        writer.WriteString("topic", topic);
        writer.WriteString("epoch", missed.Newest.Epoch);
        writer.WriteNumber("offset", missed.Newest.Offset);
        writer.WriteBoolean("recovered", missed.IsRecovered);
        writer.WriteStartArray("messages");
        foreach (var message in missed.Messages)
        {
            if (TopicMessage.TryRead(message, out _, out var route, out var payload))
            {
                writer.WriteStartObject();
                writer.WriteNumber("offset", message.Position!.Value.Offset); // what a history gives has one
                writer.WritePropertyName("route");
                writer.WriteRawValue(route.Span);
                writer.WritePropertyName("payload");
                writer.WriteRawValue(payload.Span);
                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
        if (present is not null)
        {
            writer.WriteStartObject("presence");
            PresenceFrames.WriteState(writer, present);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private async ValueTask<MissedPart> ReadMissedAsync(TopicRequest asked, string group)
    {
        var since = asked.Since ?? (asked.SinceAcknowledged ? await Acknowledgements.FindAsync(peer.History, peer.User, asked.Topic) : null);
        if (asked.SinceLast)
        {
            var newest = (await peer.History.ReadAsync(group, HistoryPosition.Oldest, max: 0)).Newest;
            since = newest with { Offset = Math.Max(0, newest.Offset - 1) };
        }

        if (since is not { } position)
        {
            return new((await peer.History.ReadAsync(group, HistoryPosition.Oldest, max: 0)).Newest, IsRecovered: false, []);
        }

        var page = await peer.History.ReadAsync(group, position, MostMissed);
        return page.Gone || page.HasMore ? new(page.Newest, IsRecovered: false, []) : new(page.Newest, IsRecovered: true, page.Messages);
    }

    private async ValueTask AttachAsync(JoinedTopic joined, TopicRequest asked, MissedPart missed, PresencePage? present)
    {
        try
        {
            if (!joined.IsFollowed)
            {
                joined.IsFollowed = true;
                if (asked.Acknowledged is { } delivery)
                {
                    joined.Acknowledged = new(peer, joined, delivery, missed.Newest, missed.Messages.Count);
                    peer.Detach(joined.Acknowledged.RunAsync);
                }
                else if (await peer.Groups.JoinAsync(joined.Group, missed.Newest) is { Gone: true } lost)
                {
                    await ResetAsync(joined, lost.Newest, Unrecoverable);
                }
            }

            if (present is not null && !joined.IsWatched)
            {
                joined.IsWatched = true;
                if ((await peer.Groups.WatchAsync(joined.Group, present.Position)).Gone)
                {
                    await WatchAnewAsync(joined);
                }
            }
        }
        catch (Exception error) when (error is ChannelLayerUnavailableException or ChannelFullException or InvalidOperationException)
        {
            _byGroup.TryRemove(joined.Group, out _); // the client was told that it had joined, and joins again
            await LeaveAsync(joined);
            await ResetAsync(joined, missed.Newest, Unavailable);
        }
        catch (ConnectionClosedException)
        {
            // The client has gone meanwhile.
        }
    }

    private async ValueTask LeaveAsync(JoinedTopic joined)
    {
        joined.Acknowledged?.End();
        await peer.Groups.DiscardAsync(joined.Group);
        if (joined.IsWatched)
        {
            await peer.Groups.UnwatchAsync(joined.Group);
        }

        if (joined.IsPresent)
        {
            await peer.Presence.UntrackAsync(joined.Group, peer.Connection);
        }
    }

    private async ValueTask WatchAnewAsync(JoinedTopic joined)
    {
        PresencePage page;
        do
        {
            page = await peer.Presence.ListAsync(joined.Group, max: MostPresent);
            await peer.SendAsync(PresenceFrames.State(joined.Topic, page));
        }
        while ((await peer.Groups.WatchAsync(joined.Group, page.Position)).Gone);
    }

    private ValueTask ResetAsync(JoinedTopic joined, HistoryPosition newest, string reason) => peer.SendAsync(TopicFrames.Reset(joined.Topic, newest, reason));

    /// <summary>What a client lacks of a topic.</summary>
    /// <param name="Newest">Where pushes go on.</param>
    /// <param name="IsRecovered">Whether the messages are all.</param>
    /// <param name="Messages">The messages.</param>
    private sealed record MissedPart(HistoryPosition Newest, bool IsRecovered, IReadOnlyList<ChannelMessage> Messages);
}
