namespace Channels;

/// <summary>
/// For whose path application code occupies which thread right now, so that a late thread pool can be explained. A note
/// per thread, without locks; two threads may share a place, which costs one of them its name.
/// </summary>
internal sealed class RunningHandlers
{
    private const int Places = 256;
    private const int Spread = 8; // a cache line each

    private readonly string?[] _paths = new string?[Places * Spread];

    /// <summary>Application code runs on this thread until <see cref="Note.Leave"/>.</summary>
    public Note Enter(string path) => new(this, Replace(path));

    /// <summary>Whose application code runs on this thread from now on; for whoever keeps what ran before in a place of its own, and puts it back.</summary>
    /// <param name="path">The path; null for nothing of ours.</param>
    /// <returns>What ran on the thread before.</returns>
    public string? Replace(string? path)
    {
        ref var place = ref _paths[Environment.CurrentManagedThreadId % Places * Spread];
        var before = place;
        Volatile.Write(ref place, path);
        return before;
    }

    /// <summary>The paths that occupy most threads, with their number, for a log line.</summary>
    public string Describe(int most)
    {
        var busiest = _paths.OfType<string>().CountBy(path => path).OrderByDescending(path => path.Value).Take(most).Select(path => $"{HeaderText.Escape(path.Key)} ({path.Value})").ToList();
        return busiest.Count == 0 ? "none of ours" : string.Join(", ", busiest);
    }

    /// <summary>That application code runs on a thread; the default says nothing.</summary>
    internal readonly struct Note(RunningHandlers running, string? outer)
    {
        /// <summary>It has returned, or waits without its thread: what ran around it goes on. On the thread that has entered.</summary>
        public void Leave() => running?.Replace(outer);
    }
}
