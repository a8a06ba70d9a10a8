namespace Channels.Kestrel;

/// <summary>How many files, sockets included, the process may have open.</summary>
internal static class OpenFiles
{
    private const string Limits = "/proc/self/limits";
    private const string Line = "Max open files";

    // What the process needs beside its connections: libraries (two files each, well over a hundred in all), logs, Redis,
    // listeners, and connections that are accepted only to be refused.
    private const int LeastReserved = 384;
    private const int MostReserved = 1024;

    /// <summary>How many connections fit; <see cref="int.MaxValue"/> where the system tells no limit.</summary>
    public static int Connections()
    {
        try
        {
            return Connections(File.Exists(Limits) ? File.ReadLines(Limits) : []);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return int.MaxValue;
        }
    }

    /// <summary>The same from the lines of the system's table.</summary>
    public static int Connections(IEnumerable<string> lines)
    {
        var line = lines.FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal));
        var soft = line?[Line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, out var limit) && limit < int.MaxValue ? (int)Math.Max(limit - Math.Clamp(limit / 4, LeastReserved, MostReserved), limit / 4) : int.MaxValue;
    }
}
