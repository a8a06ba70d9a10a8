using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Channels.Layers.Redis;

/// <summary>
/// What this process last saw of the groups that it sends to. Never trusted: Redis compares before it writes, and tells
/// the members that differ. Bounded by forgetting everything. Thread-safe.
/// </summary>
internal sealed class GroupViews
{
    /// <summary>How many names of members are kept, some 4 MB.</summary>
    public const int MaxNames = 20_000;

    private readonly ConcurrentDictionary<string, GroupView> _views = new(StringComparer.Ordinal);
    private readonly Lock _keeping = new();
    private int _names;

    public bool TryGet(string group, [NotNullWhen(true)] out GroupView? view) => _views.TryGetValue(group, out view);

    /// <summary>Keeps a view in place of the group's last one; one that is empty or takes all the room is forgotten.</summary>
    public void Keep(string group, GroupView view)
    {
        lock (_keeping) // the members have changed, or were not known: seldom
        {
            if (_views.TryRemove(group, out var last))
            {
                _names -= last.Members.Length;
            }

            if (view.Members.Length is 0 or > MaxNames)
            {
                return;
            }

            if (_names + view.Members.Length > MaxNames)
            {
                _views.Clear();
                _names = 0;
            }

            _views[group] = view;
            _names += view.Members.Length;
        }
    }
}
