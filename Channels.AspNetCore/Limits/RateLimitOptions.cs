using System.Threading.RateLimiting;

namespace Channels.AspNetCore;

/// <summary>
/// What <see cref="RateLimitMiddleware"/> counts. Set in code. Whoever makes a limiter disposes of it; those of the program's
/// whole life need not be.
/// </summary>
/// <example>
/// <code>
/// new RateLimitOptions
/// {
///     Handshakes = PartitionedRateLimiter.Create&lt;RequestScope, string&gt;(scope => RateLimitPartition.GetTokenBucketLimiter(
///         RateLimitMiddleware.AddressOf(scope), _ => new() { TokenLimit = 20, TokensPerPeriod = 10, ReplenishmentPeriod = TimeSpan.FromSeconds(1) })),
/// }
/// </code>
/// </example>
public sealed class RateLimitOptions
{
    /// <summary>
    /// Handshakes of WebSockets, and HTTP requests, by a key such as user or address; those above it get 429. A limiter of
    /// concurrency counts sockets while they are open. Default null: no limit.
    /// </summary>
    public PartitionedRateLimiter<RequestScope>? Handshakes { get; init; }

    /// <summary>Messages of WebSockets' peers, by a key such as user or address. Default null: no limit.</summary>
    public PartitionedRateLimiter<RequestScope>? Messages { get; init; }

    /// <summary>Makes the limiter for the messages of one WebSocket, which is disposed of with it. Default null: no limit.</summary>
    public Func<RateLimiter>? MessagesPerConnection { get; init; }

    /// <summary>Whether a message above a limit is dropped. Default false: it closes the WebSocket with 1008.</summary>
    public bool DropMessages { get; init; }
}
