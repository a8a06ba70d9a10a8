using System.Text.Json.Nodes;

namespace Channels.SocketRouter;

/// <summary>Says from any stage of a request what to answer; the payload is <c>{"error": …}</c>. Not logged: it is an answer, no fault.</summary>
/// <param name="status">100 to 599.</param>
/// <param name="error">What the client is told.</param>
/// <param name="headers">Headers for the client; null for none.</param>
public sealed class SocketRouteException(int status, string error, JsonObject? headers = null) : Exception($"{status}: {error}")
{
    /// <summary>The status.</summary>
    public int Status { get; } = status;

    /// <summary>What the client is told.</summary>
    public string Error { get; } = error;

    /// <summary>Headers for the client; null for none.</summary>
    public JsonObject? Headers { get; } = headers;
}
