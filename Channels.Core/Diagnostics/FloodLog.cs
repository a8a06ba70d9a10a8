using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Channels.Extending;

/// <summary>
/// Keeps what strangers can repeat at will from filling a log: of like occurrences the first of an episode is written in full,
/// and of those that follow only their number, ten seconds after the last line. An episode lasts until nothing has happened for a
/// minute. Thread-safe.
/// </summary>
/// <param name="logger">Where the numbers are written.</param>
/// <param name="time">The clock.</param>
public sealed partial class FloodLog(ILogger logger, TimeProvider time)
{
    // Kinds and places are of the application's code and routes; whoever makes more of them shares one episode.
    private const int MostKinds = 256;

    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(string Kind, string Place), Row> _rows = new();
    private readonly Row _rest = new("other kinds", "");

    /// <summary>Notes an occurrence; true when it is to be written in full.</summary>
    /// <param name="kind">What has happened, in words that no peer has chosen.</param>
    /// <param name="place">Where: a route or an application, not a path.</param>
    public bool Begins(string kind, string place)
    {
        var row = _rows.TryGetValue((kind, place), out var known) ? known : _rows.Count < MostKinds ? _rows.GetOrAdd((kind, place), static row => new Row(row.Kind, row.Place)) : _rest;
        lock (row)
        {
            var now = time.GetTimestamp();
            var begins = row.Last is not { } last || time.GetElapsedTime(last, now) >= Quiet;
            row.Last = now;
            if (begins)
            {
                row.Written = now;
                return true;
            }

            if (++row.Unwritten == 1)
            {
                WriteLater(row, Interval - time.GetElapsedTime(row.Written, now));
            }

            return false;
        }
    }

    // A timer and not the next occurrence: none may follow, and the number must not be lost.
    private void WriteLater(Row row, TimeSpan wait) =>
        row.Timer = time.CreateTimer(_ => Write(row), null, wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);

    private void Write(Row row)
    {
        long count;
        lock (row)
        {
            row.Timer?.Dispose();
            (count, row.Unwritten, row.Written, row.Timer) = (row.Unwritten, 0, time.GetTimestamp(), null);
        }

        Guarded.Run(static line => Log.More(line.Logger, line.Count, line.Row.Kind, line.Row.Place), (Logger: logger, Count: count, Row: row));
    }

    /// <summary>The kind of a failure: what was thrown, and by which method, so that two mistakes of one type do not hide each other.</summary>
    /// <param name="error">The failure.</param>
    public static string KindOf(Exception error)
    {
        var trace = (error.StackTrace ?? "").AsSpan().TrimStart();
        var end = trace.IndexOfAny('(', '\n');
        return $"{error.GetType().Name} {(end < 0 ? trace : trace[..end])}".TrimEnd();
    }

    private sealed class Row(string kind, string place)
    {
        public string Kind => kind;

        public string Place => place;

        /// <summary>Writes what is unwritten; null when all is written.</summary>
        public ITimer? Timer { get; set; }

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
