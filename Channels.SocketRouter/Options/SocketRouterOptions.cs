namespace Channels.SocketRouter;

/// <summary>
/// Limits of all routers of a host, bound from <c>Channels:SocketRouter</c> by <see cref="SocketRouterServiceExtensions.AddSocketRouter"/> and
/// checked when the host starts.
/// </summary>
public sealed class SocketRouterOptions
{
    /// <summary>How long a request may take from its arrival on, before it is answered with 408 and its handler told to stop. Default 30 s; at most 24 days.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many requests of one connection may wait or run; what comes beyond is answered with 503. Default 100.</summary>
    public int MaxQueuedRequests { get; set; } = 100;

    /// <summary>How many parallel requests of one connection run at a time; the others wait. Default 8.</summary>
    public int MaxParallelRequests { get; set; } = 8;

    /// <summary>How many bytes a request may have; a larger one is answered with 413. What the server itself takes (<c>MaxMessageBytes</c>) should be more. Default 262,144.</summary>
    public int MaxRequestBytes { get; set; } = 256 * 1024;

    /// <summary>How deep the payload of a request may be nested; a deeper one is answered with 400. Default 64; at most 1,000.</summary>
    public int MaxPayloadDepth { get; set; } = 64;

    /// <summary>After how many malformed requests in a row the connection is closed with 1008; 0 for never. Default 10.</summary>
    public int MaxMalformedRequests { get; set; } = 10;

    /// <summary>How many requests a connection may send per second, on average; what comes faster is answered with 429. Heartbeats do not count. 0, the default, for no limit.</summary>
    public int RequestsPerSecond { get; set; }

    /// <summary>How many requests may come at once before <see cref="RequestsPerSecond"/> counts. Default 100.</summary>
    public int RequestBurst { get; set; } = 100;

    /// <summary>After how much silence of the client its connection is closed with 1001; 0 for never. Default 150 s, two and a half heartbeats of the usual client.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(150);

    /// <summary>How many items of a streamed result are gathered for a client that did not ask for a stream; more are answered with 413. Default 1,000.</summary>
    public int MaxGatheredItems { get; set; } = 1_000;

    internal IEnumerable<string> Complaints()
    {
        (string Name, long Value, long Least, long Most)[] numbers =
        [
            (nameof(MaxQueuedRequests), MaxQueuedRequests, 1, int.MaxValue),
            (nameof(MaxParallelRequests), MaxParallelRequests, 1, int.MaxValue),
            (nameof(MaxRequestBytes), MaxRequestBytes, 64, int.MaxValue),
            (nameof(MaxPayloadDepth), MaxPayloadDepth, 1, 1_000),
            (nameof(MaxMalformedRequests), MaxMalformedRequests, 0, int.MaxValue),
            (nameof(RequestsPerSecond), RequestsPerSecond, 0, int.MaxValue),
            (nameof(RequestBurst), RequestBurst, 1, int.MaxValue),
            (nameof(MaxGatheredItems), MaxGatheredItems, 1, int.MaxValue),
        ];
        foreach (var (name, value, least, most) in numbers.Where(number => number.Value < number.Least || number.Value > number.Most))
        {
            yield return $"{name} is {value}: it must be at least {least}{(most == int.MaxValue ? "" : $" and at most {most}")}.";
        }

        (string Name, TimeSpan Value, TimeSpan Least)[] times =
        [
            (nameof(RequestTimeout), RequestTimeout, TimeSpan.FromMilliseconds(1)),
            (nameof(IdleTimeout), IdleTimeout, TimeSpan.Zero),
        ];
        foreach (var (name, value, least) in times.Where(time => time.Value < time.Least || time.Value > LongestTimer))
        {
            yield return $"{name} is {value}: it must be a time from {least} to {LongestTimer}.";
        }
    }

    private static TimeSpan LongestTimer => TimeSpan.FromDays(24);
}
