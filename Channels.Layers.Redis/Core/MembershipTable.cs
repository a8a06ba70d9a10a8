namespace Channels.Layers.Redis;

/// <summary>
/// The memberships of this process' own channels in groups of one host, and how far Redis knows about them: what is
/// wanted outlives a server that is away or has lost its data. Thread-safe.
/// </summary>
/// <remarks>
/// A command is sent in the step that says what is wanted, and one of the layer's own only for what is still wanted then. Redis
/// gets them in that order, so that the last one always tells what is wanted: a removal that was decided before somebody joined
/// must not come behind the join.
/// </remarks>
internal sealed class MembershipTable
{
    // While a host is away for long, sockets come and go; beyond this many, memberships left behind end by expiry instead.
    private const int MostUnsettled = 100_000;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<string, Membership>> _groups = new(StringComparer.Ordinal);
    private int _unsettled;

    /// <summary>True while some membership waits to be written or removed.</summary>
    public bool HasUnsettled => Volatile.Read(ref _unsettled) > 0;

    /// <summary>Sets what is wanted of a membership, and sends the command for it.</summary>
    /// <param name="group">The group.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="state">What is wanted.</param>
    /// <param name="send">Sends, and returns without waiting for the answer; in the table's lock.</param>
    /// <returns>The answer.</returns>
    public ValueTask Set(string group, string channel, MembershipState state, Func<ValueTask> send)
    {
        lock (_lock)
        {
            Put(group, channel, new(state));
            return send();
        }
    }

    /// <summary>Sends a command for those channels that are still in a state.</summary>
    /// <param name="group">The group.</param>
    /// <param name="channels">The channels.</param>
    /// <param name="state">What was wanted of them.</param>
    /// <param name="send">As for <see cref="Set"/>; not called for none.</param>
    /// <returns>Those that it was sent for, and the answer.</returns>
    public (string[] Channels, ValueTask Answer) Send(string group, string[] channels, MembershipState state, Func<string[], ValueTask> send)
    {
        lock (_lock)
        {
            string[] still = _groups.TryGetValue(group, out var members)
                ? [.. channels.Where(channel => members.TryGetValue(channel, out var membership) && membership.State == state)]
                : [];
            return (still, still.Length == 0 ? ValueTask.CompletedTask : send(still));
        }
    }

    /// <summary>
    /// Notes that Redis did what was wanted. When something else is wanted by now, nobody knows which of the two reached
    /// Redis last: what is wanted is then to be done once more.
    /// </summary>
    /// <returns>False when something is still to be done.</returns>
    public bool Settle(string group, string channel, MembershipState done)
    {
        lock (_lock)
        {
            var known = _groups.TryGetValue(group, out var members) && members.TryGetValue(channel, out var found) ? found : (Membership?)null;
            switch (known)
            {
                case null when done == MembershipState.Leaving:
                    return true; // left twice
                case null:
                    Put(group, channel, new(MembershipState.Leaving));
                    return false;
                case { State: MembershipState.Joined } when done == MembershipState.Joining:
                    return true; // joined twice
                case { State: MembershipState.Joined }:
                    Put(group, channel, new(MembershipState.Joining));
                    return false;
                case { IsContested: false } membership when membership.State == done:
                    Put(group, channel, done == MembershipState.Joining ? new(MembershipState.Joined) : null);
                    return true;
                case { } membership:
                    Put(group, channel, new(membership.State, IsContested: membership.State != done));
                    return false;
            }
        }
    }

    /// <summary>Whether some channel is to be a member of the group.</summary>
    public bool Wants(string group)
    {
        lock (_lock)
        {
            return _groups.TryGetValue(group, out var members) && members.Values.Any(member => member.State != MembershipState.Leaving);
        }
    }

    /// <summary>Everything in one of these states, by group; copied.</summary>
    public List<KeyValuePair<string, string[]>> Where(params ReadOnlySpan<MembershipState> states)
    {
        lock (_lock)
        {
            var found = new List<KeyValuePair<string, string[]>>();
            foreach (var (group, members) in _groups)
            {
                List<string> channels = [];
                foreach (var (channel, membership) in members)
                {
                    if (states.Contains(membership.State))
                    {
                        channels.Add(channel);
                    }
                }

                if (channels.Count > 0)
                {
                    found.Add(new(group, [.. channels]));
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
                    if (members[channel].State == MembershipState.Joined)
                    {
                        members[channel] = new(MembershipState.Joining);
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

    /// <summary>Writes an entry, or removes it, and keeps count of what is not settled.</summary>
    private void Put(string group, string channel, Membership? membership)
    {
        if (!_groups.TryGetValue(group, out var members))
        {
            _groups[group] = members = new(StringComparer.Ordinal);
        }

        if (members.Remove(channel, out var before) && before.State != MembershipState.Joined)
        {
            _unsettled--;
        }

        if (membership is { } wanted && !(wanted.State == MembershipState.Leaving && _unsettled >= MostUnsettled))
        {
            members[channel] = wanted;
            _unsettled += wanted.State == MembershipState.Joined ? 0 : 1;
        }

        if (members.Count == 0)
        {
            _groups.Remove(group);
        }
    }

    /// <param name="State">What is wanted or known.</param>
    /// <param name="IsContested">Whether the opposite was done meanwhile, before or after: once is then not enough.</param>
    private readonly record struct Membership(MembershipState State, bool IsContested = false);
}
