namespace Channels.SocketIO;

/// <summary>What a request's query says to the protocol; everything else in it is the application's.</summary>
/// <param name="Version">The protocol's revision (<c>EIO</c>); null when absent.</param>
/// <param name="Transport">The transport; null when absent.</param>
/// <param name="SessionId">The session; null when absent or empty, which asks for a new one.</param>
/// <param name="BinaryAsText">Whether the client takes no binary messages over a WebSocket.</param>
internal readonly record struct EngineIOQuery(string? Version, string? Transport, string? SessionId, bool BinaryAsText)
{
    /// <summary>The only revision spoken here.</summary>
    public const string Revision = "4";

    public const string Polling = "polling";

    public const string WebSocket = "websocket";

    public static EngineIOQuery Parse(string query)
    {
        string? version = null, transport = null, session = null;
        var binaryAsText = false;
        foreach (var range in query.AsSpan().Split('&'))
        {
            var pair = query.AsSpan(range);
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? [] : pair[(equals + 1)..];
            switch (name)
            {
                case "EIO":
                    version ??= value.ToString();
                    break;
                case "transport":
                    transport ??= value.ToString();
                    break;
                case "sid" when !value.IsEmpty:
                    session ??= Uri.UnescapeDataString(value);
                    break;
                case "b64":
                    binaryAsText = value is not ("" or "0" or "false");
                    break;
            }
        }

        return new(version, transport, session, binaryAsText);
    }
}
