using System.Text.Json.Serialization.Metadata;

namespace Channels.SocketRouter;

/// <summary>One route of a router, as generated or written by hand.</summary>
/// <param name="Name">What clients send.</param>
/// <param name="Method">The method that handles it, for people.</param>
/// <param name="Handler">Handles a request: all stages of it. Null is a mistake, told when the host starts.</param>
public sealed record SocketRoute(string Name, string Method, Func<Consumer, SocketRequest, ValueTask<SocketAnswer>>? Handler)
{
    /// <summary>Whether requests may overtake others. Default false.</summary>
    public bool Parallel { get; init; }

    /// <summary>The deadline in milliseconds; 0 for the router's. Default 0.</summary>
    public int TimeoutMs { get; init; }

    /// <summary>The contract of the payload; null when the handler takes none.</summary>
    public JsonTypeInfo? Payload { get; init; }

    /// <summary>Whether the payload may be null. Default false.</summary>
    public bool PayloadMayBeNull { get; init; }

    /// <summary>The contract of what is answered, or of the items; null when nothing is.</summary>
    public JsonTypeInfo? Result { get; init; }

    /// <summary>Whether the result is a sequence of items. Default false.</summary>
    public bool Streams { get; init; }
}
