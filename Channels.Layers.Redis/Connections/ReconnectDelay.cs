namespace Channels.Layers.Redis;

/// <summary>
/// How long to wait before the next attempt to connect: random, so that many processes do not come at once, and growing
/// with each failure. Most servers that go away are there again within a second, so the first attempts come quickly; the longest
/// wait leaves room for connecting and restoring within five seconds of the server's return.
/// </summary>
internal static class ReconnectDelay
{
    /// <summary>Behind a connection that had worked; what many processes are spread over.</summary>
    public static readonly TimeSpan First = TimeSpan.FromSeconds(0.1);
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.05);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    /// <param name="failures">How many attempts failed in a row; 0 after a connection that had worked.</param>
    /// <param name="random">A number from 0 up to 1.</param>
    public static TimeSpan Of(int failures, double random)
    {
        if (failures == 0)
        {
            return First * random;
        }

        return Shortest + random * (Ceiling(failures) - Shortest);
    }

    /// <summary>How many failures in a row there are behind a connection: none, if it has lasted for as long as one more would have to be waited for.</summary>
    /// <param name="failures">How many there were before it.</param>
    /// <param name="lasted">How long it has worked.</param>
    public static int FailuresAfter(int failures, TimeSpan lasted) => lasted >= Ceiling(failures + 1) ? 0 : failures + 1;

    private static TimeSpan Ceiling(int failures) => TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, First.TotalSeconds * Math.Pow(2, Math.Min(failures, 16))));
}
