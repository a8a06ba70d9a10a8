using System.Text.Json;
using Channels.SocketIO;

namespace Conformance;

/// <summary>What is known of how a client came in.</summary>
internal sealed record ClientHandshake(JsonElement Auth, IReadOnlyDictionary<string, string> Query)
{
    public static ClientHandshake Of(SocketIOScope scope) => new(scope.Authentication, Conformance.Query.Parse(scope.QueryString));
}
