using System.Diagnostics.CodeAnalysis;

namespace Channels.SocketIO;

/// <summary>
/// One Engine.IO session: a connection without a socket of its own, carried by polling requests, by a WebSocket, or by the
/// one after the other. Path, query, headers, client, user and what middleware has added are those of the request that
/// opened the session, and stay readable for its life.
/// </summary>
/// <remarks>
/// The application inside receives <see cref="EngineIOMessage"/>, <see cref="EngineIOUpgraded"/> and, last,
/// <see cref="EngineIODisconnect"/>; it sends <see cref="EngineIOSend"/> and <see cref="EngineIOClose"/>. The session is
/// open from the beginning; it ends when its application does.
/// </remarks>
public sealed record EngineIOScope : RequestScope
{
    /// <summary>Makes a scope, as a test does.</summary>
    public EngineIOScope()
        : base("engineio")
    {
    }

    /// <summary>Makes a scope from the request that opens the session.</summary>
    /// <param name="request">The request.</param>
    /// <param name="sessionId">The session's id.</param>
    [SetsRequiredMembers]
    public EngineIOScope(RequestScope request, string sessionId)
        : base("engineio", request) => SessionId = sessionId;

    /// <summary>The session's id (<c>sid</c>). A secret: whoever knows it can read and send in the client's name.</summary>
    public required string SessionId { get; init; }

    /// <summary>What carries the session now; changes once at most, from polling to WebSocket.</summary>
    public EngineIOTransport CurrentTransport
    {
        get => Session?.Transport ?? field;
        init;
    }

    /// <summary>The session; null in a test.</summary>
    internal EngineIOSession? Session { get; init; }
}
