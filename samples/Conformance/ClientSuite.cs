using Channels;
using Channels.SocketIO;

namespace Conformance;

/// <summary>What the official client's tests ask for around a namespace.</summary>
internal static class ClientSuite
{
    /// <summary>Keeps out whoever asks for it in the query.</summary>
    public static Application RefuseWhenAsked(Application inner) => (scope, receive, send) =>
        Query.Parse(((SocketIOScope)scope).QueryString).ContainsKey("fail") ? throw new SocketIORefusedException("Auth failed (main namespace)") : inner(scope, receive, send);
}
