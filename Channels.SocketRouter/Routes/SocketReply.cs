using System.Text.Json.Nodes;

namespace Channels.SocketRouter;

/// <summary>A reply without a payload.</summary>
/// <param name="Status">100 to 599. Default 200.</param>
/// <param name="Headers">Headers for the client; null for none.</param>
public sealed record SocketReply(int Status = 200, JsonObject? Headers = null);
