namespace Channels.Benchmarks;

/// <summary>One group of the load: who publishes, what is under way, who has joined.</summary>
internal sealed class GroupState(uint firstSource, IReadOnlyList<WebSocketClient> members, IReadOnlyList<Publisher> publishers)
{
    private readonly HashSet<WebSocketClient> _unheard = [.. members];

    internal IReadOnlyList<WebSocketClient> Members => members;

    internal IReadOnlyList<Publisher> Publishers => publishers;

    /// <summary>The newest probe; 0 before the first.</summary>
    internal uint Probe { get; private set; }

    /// <summary>Every member has received the newest probe, so all have joined and nothing older is under way.</summary>
    internal bool HasJoined => _unheard.Count == 0;

    internal int Unheard => _unheard.Count;

    /// <summary>Messages that some member has not received.</summary>
    internal long Lost => members.Sum(member => publishers.Sum(publisher => member.Checks[publisher.Index].Lost(publisher.Window!.Next)));

    /// <summary>Who sent a message; null when it is none of this group's.</summary>
    internal Publisher? PublisherOf(in Stamp stamp) => stamp.Source - firstSource < (uint)publishers.Count ? publishers[(int)(stamp.Source - firstSource)] : null;

    internal void StartProbe(long now)
    {
        _unheard.UnionWith(members);
        publishers[0].Probe(++Probe, now);
    }

    internal void HearProbe(WebSocketClient member, in Stamp stamp)
    {
        if (stamp.Source == firstSource && stamp.Sequence == Probe) _unheard.Remove(member);
    }

    /// <summary>Counts a message at its receiver.</summary>
    internal Publisher? See(WebSocketClient member, in Stamp stamp)
    {
        var publisher = PublisherOf(stamp);
        member.Checks[publisher?.Index ?? 0].See(stamp.Source, publisher?.Source ?? firstSource, stamp.Sequence);
        return publisher;
    }

    internal void Start(int slots)
    {
        foreach (var publisher in publishers) publisher.Start(slots, members.Count, Probe + 1);
        foreach (var check in members.SelectMany(static member => member.Checks)) check.Start(Probe + 1);
    }
}
