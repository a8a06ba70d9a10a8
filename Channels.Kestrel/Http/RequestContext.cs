using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>One request in Kestrel's hands, with the facts about its connection that further requests share.</summary>
internal sealed class RequestContext
{
    /// <summary>The features of the current request; never used after it has ended.</summary>
    public IFeatureCollection Features { get; set; } = null!;

    /// <summary>What somebody to whom exchanges are handed over keeps for the connection's further ones; null for nothing.</summary>
    public object? Kept { get; set; }

    /// <summary>The facts about the connection; null until the first request needs them.</summary>
    public PeerFacts? Peer { get; set; }
}

/// <summary>Who is connected to what.</summary>
/// <param name="Client">The TCP peer; null over a unix socket.</param>
/// <param name="Server">The local end.</param>
/// <param name="IsTrustedProxy">Whether the peer's forwarded headers are believed.</param>
internal readonly record struct PeerFacts(IPEndPoint? Client, EndPoint? Server, bool IsTrustedProxy);
