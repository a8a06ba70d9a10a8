namespace Channels;

/// <summary>The names of a consumer's groups. Thread-safe; a field of its owner's, never copied, because it is one object less per connection.</summary>
internal struct GroupNames()
{
    // Most consumers are in one or two groups, which an array holds in the least room; above this a dictionary.
    private const int LongestArray = 8;

    private object? _names = Array.Empty<string>(); // string[], replaced and never changed, or ManyNames; null after the end

    /// <summary>Whether the consumer has left its groups, for good.</summary>
    public bool HaveEnded => Volatile.Read(ref _names) is null;

    public IReadOnlyCollection<string> All => In(Volatile.Read(ref _names));

    /// <summary>Notes a group that is about to be joined.</summary>
    /// <param name="group">The group.</param>
    /// <param name="most">The most there may be.</param>
    public GroupNote Note(string group, int most)
    {
        while (Volatile.Read(ref _names) is { } names)
        {
            if (names is ManyNames many)
            {
                return many.TryNote(group, most) ? GroupNote.Noted : GroupNote.TooMany;
            }

            var few = (string[])names; // there are these two kinds
            if (Array.IndexOf(few, group) >= 0)
            {
                return GroupNote.Noted;
            }

            if (few.Length >= most)
            {
                return GroupNote.TooMany;
            }

            object more = few.Length < LongestArray ? (string[])[.. few, group] : new ManyNames(few, group);
            if (ReferenceEquals(Interlocked.CompareExchange(ref _names, more, names), names))
            {
                return GroupNote.Noted;
            }
        }

        return GroupNote.Ended;
    }

    /// <summary>Forgets a group that was left.</summary>
    public void Forget(string group)
    {
        while (Volatile.Read(ref _names) is { } names)
        {
            if (names is ManyNames many)
            {
                many.Forget(group);
                return;
            }

            if (ReferenceEquals(Interlocked.CompareExchange(ref _names, Array.FindAll((string[])names, name => name != group), names), names))
            {
                return;
            }
        }
    }

    /// <summary>No group can be noted from now on.</summary>
    /// <returns>Those that are to be left.</returns>
    public IReadOnlyCollection<string> End() => In(Interlocked.Exchange(ref _names, null));

    private static IReadOnlyCollection<string> In(object? names) => names switch
    {
        string[] few => few,
        ManyNames many => (IReadOnlyCollection<string>)many.Keys,
        _ => [],
    };
}
