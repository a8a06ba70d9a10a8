using System.Text.Json.Serialization.Metadata;

namespace Channels.Extending;

/// <summary>What a consumer of JSON messages reads and sends.</summary>
/// <param name="Incoming">The contract of what the peer sends.</param>
/// <param name="Outgoing">The contract of what it gets.</param>
public sealed record JsonMessageContracts(JsonTypeInfo Incoming, JsonTypeInfo Outgoing);
