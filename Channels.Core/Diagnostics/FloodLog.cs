using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// Keeps what strangers can repeat at will from filling a log: of like occurrences the first of an episode is written in full,
/// and of those that follow only their number, once in ten seconds at most. An episode lasts until nothing has happened for a
/// minute. Thread-safe.
/// </summary>
/// <param name="logger">Where the numbers are written.</param>
/// <param name="time">The clock.</param>
internal sealed partial class FloodLog(ILogger logger, TimeProvider time)
{
    // Kinds and places are of the application's code and routes; whoever makes more of them shares one episode.
    private const int MostKinds = 256;

    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(string Kind, string Place), Row> _rows = new();
    private readonly Row _rest = new();

    /// <summary>Notes an occurrence; true when it is to be written in full.</summary>
    /// <param name="kind">What has happened, in words that no peer has chosen.</param>
    /// <param name="place">Where: a route or an application, not a path.</param>
    public bool Begins(string kind, string place)
    {
        var row = _rows.TryGetValue((kind, place), out var known) ? known : _rows.Count < MostKinds ? _rows.GetOrAdd((kind, place), static _ => new Row()) : _rest;
        long count;
        lock (row)
        {
            var now = time.GetTimestamp();
            var begins = row.Last is not { } last || time.GetElapsedTime(last, now) >= Quiet;
            row.Last = now;
            if (begins)
            {
                (row.Unwritten, row.Written) = (0, now);
                return true;
            }

            row.Unwritten++;
            if (time.GetElapsedTime(row.Written, now) < Interval)
            {
                return false;
            }

            (count, row.Unwritten, row.Written) = (row.Unwritten, 0, now);
        }

        Log.More(logger, count, kind, place);
        return false;
    }

    /// <summary>The kind of a failure: what was thrown, and by which method, so that two mistakes of one type do not hide each other.</summary>
    public static string KindOf(Exception error)
    {
        var trace = (error.StackTrace ?? "").AsSpan().TrimStart();
        var end = trace.IndexOfAny('(', '\n');
        return $"{error.GetType().Name} {(end < 0 ? trace : trace[..end])}".TrimEnd();
    }

    private sealed class Row
    {
        public long? Last { get; set; }

        public long Written { get; set; }

        public long Unwritten { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(1031, LogLevel.Warning, "{Count} more like the one written in full before: {Kind}, at '{Place}'")]
        public static partial void More(ILogger logger, long count, string kind, string place);
    }
}
