namespace Channels.Kestrel;

/// <summary>
/// For whose path application code occupies which thread right now, so that a late thread pool can be explained. A note
/// per thread, without locks; two threads may share a place, which costs one of them its name.
/// </summary>
internal sealed class RunningHandlers
{
    private const int Places = 256;
    private const int Spread = 8; // a cache line each

    private readonly string?[] _paths = new string?[Places * Spread];

    /// <summary>Application code runs on this thread from now on.</summary>
    /// <returns>What <see cref="Leave"/> wants.</returns>
    public int Enter(string path)
    {
        var place = Environment.CurrentManagedThreadId % Places * Spread;
        Volatile.Write(ref _paths[place], path);
        return place;
    }

    /// <summary>It has returned, or waits without its thread.</summary>
    public void Leave(int place) => Volatile.Write(ref _paths[place], null);

    /// <summary>The paths that occupy most threads, with their number, for a log line.</summary>
    public string Describe(int most)
    {
        var busiest = _paths.OfType<string>().CountBy(path => path).OrderByDescending(path => path.Value).Take(most).Select(path => $"{HeaderText.Escape(path.Key)} ({path.Value})").ToList();
        return busiest.Count == 0 ? "none of ours" : string.Join(", ", busiest);
    }
}
