namespace Channels.Benchmarks;

/// <summary>One group of the load: who publishes, what is under way, who has joined.</summary>
internal sealed class GroupState(uint number, ClientFrame frame, IReadOnlyList<WebSocketClient> members)
{
    private readonly HashSet<WebSocketClient> _unheard = [.. members];

    internal uint Number => number;

    internal ClientFrame Frame => frame;

    internal IReadOnlyList<WebSocketClient> Members => members;

    internal WebSocketClient Publisher => members[0];

    internal InFlightWindow? Window { get; private set; }

    /// <summary>The newest probe; 0 before the first.</summary>
    internal uint Probe { get; private set; }

    /// <summary>Every member has received the newest probe, so all have joined and nothing older is under way.</summary>
    internal bool HasJoined => _unheard.Count == 0;

    internal bool NeedsSend { get; set; }

    internal uint StartProbe()
    {
        _unheard.UnionWith(members);
        return ++Probe;
    }

    internal void HearProbe(WebSocketClient member, uint sequence)
    {
        if (sequence == Probe) _unheard.Remove(member);
    }

    internal int Unheard => _unheard.Count;

    internal void Start(int window)
    {
        Window = new InFlightWindow(window, members.Count, Probe + 1);
        foreach (var member in members) member.Check.Start(Probe + 1);
    }
}
