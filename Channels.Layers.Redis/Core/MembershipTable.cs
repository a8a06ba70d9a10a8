namespace Channels.Layers.Redis;

/// <summary>
/// The memberships of this process' own channels in groups of one host, and how far Redis knows about them: what is
/// wanted outlives a server that is away or has lost its data (R-CORE-58). Thread-safe.
/// </summary>
internal sealed class MembershipTable
{
    // While a host is away for long, sockets come and go; beyond this many, memberships left behind end by expiry instead.
    private const int MostUnsettled = 100_000;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<string, MembershipState>> _groups = new(StringComparer.Ordinal);
    private int _unsettled;

    /// <summary>True while some membership waits to be written or removed.</summary>
    public bool HasUnsettled => Volatile.Read(ref _unsettled) > 0;

    /// <summary>Sets what is wanted or known of a membership.</summary>
    public void Set(string group, string channel, MembershipState state)
    {
        lock (_lock)
        {
            if (!_groups.TryGetValue(group, out var members))
            {
                _groups[group] = members = new(StringComparer.Ordinal);
            }

            if (members.TryGetValue(channel, out var before) && before != MembershipState.Joined)
            {
                _unsettled--;
            }

            if (state == MembershipState.Leaving && _unsettled >= MostUnsettled)
            {
                Remove(group, members, channel);
                return;
            }

            members[channel] = state;
            _unsettled += state == MembershipState.Joined ? 0 : 1;
        }
    }

    /// <summary>Notes that Redis did what was wanted, unless something else is wanted by now.</summary>
    public void Settle(string group, string channel, MembershipState done)
    {
        lock (_lock)
        {
            if (!_groups.TryGetValue(group, out var members) || !members.TryGetValue(channel, out var state) || state != done || state == MembershipState.Joined)
            {
                return;
            }

            _unsettled--;
            if (done == MembershipState.Joining)
            {
                members[channel] = MembershipState.Joined;
                return;
            }

            Remove(group, members, channel);
        }
    }

    /// <summary>Everything in that state, by group; copied.</summary>
    public List<KeyValuePair<string, string[]>> Where(MembershipState state)
    {
        lock (_lock)
        {
            var found = new List<KeyValuePair<string, string[]>>();
            foreach (var (group, members) in _groups)
            {
                string[] channels = [.. members.Where(member => member.Value == state).Select(member => member.Key)];
                if (channels.Length > 0)
                {
                    found.Add(new(group, channels));
                }
            }

            return found;
        }
    }

    /// <summary>Redis lost its data: everything that was written has to be written again.</summary>
    public void ForgetWritten()
    {
        lock (_lock)
        {
            foreach (var members in _groups.Values)
            {
                foreach (var channel in members.Keys.ToArray())
                {
                    if (members[channel] == MembershipState.Joined)
                    {
                        members[channel] = MembershipState.Joining;
                        _unsettled++;
                    }
                }
            }
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _groups.Clear();
            _unsettled = 0;
        }
    }

    private void Remove(string group, Dictionary<string, MembershipState> members, string channel)
    {
        members.Remove(channel);
        if (members.Count == 0)
        {
            _groups.Remove(group);
        }
    }
}
