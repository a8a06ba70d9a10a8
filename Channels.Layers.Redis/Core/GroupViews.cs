using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Channels.Layers.Redis;

/// <summary>
/// What this process last saw of the groups that it sends to. Never trusted: Redis compares before it writes, and tells
/// the members that differ. Bounded by forgetting everything. Thread-safe.
/// </summary>
internal sealed class GroupViews
{
    private const int MaxNames = 20_000; // some 4 MB
    private readonly ConcurrentDictionary<string, GroupView> _views = new(StringComparer.Ordinal);
    private int _names;

    public bool TryGet(string group, [NotNullWhen(true)] out GroupView? view) => _views.TryGetValue(group, out view);

    public void Keep(string group, GroupView view)
    {
        if (view.Members.Length == 0)
        {
            _views.TryRemove(group, out _);
            return;
        }

        // Names of a view that another replaces stay counted: the count only decides when to begin anew.
        if (Interlocked.Add(ref _names, view.Members.Length) > MaxNames)
        {
            _views.Clear();
            Volatile.Write(ref _names, view.Members.Length);
        }

        if (view.Members.Length <= MaxNames)
        {
            _views[group] = view;
        }
    }
}
