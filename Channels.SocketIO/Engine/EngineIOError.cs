using System.Text;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>A refused request, with the code and the words that clients of Engine.IO know.</summary>
/// <param name="Code">The code; see the protocol's error codes.</param>
/// <param name="Message">The words for the client.</param>
/// <param name="Status">The status of the response.</param>
internal sealed record EngineIOError(int Code, string Message, int Status = 400)
{
    public static EngineIOError TransportUnknown { get; } = new(0, "Transport unknown");

    public static EngineIOError SessionUnknown { get; } = new(1, "Session ID unknown");

    public static EngineIOError BadMethod { get; } = new(2, "Bad handshake method");

    public static EngineIOError BadRequest { get; } = new(3, "Bad request");

    public static EngineIOError Forbidden { get; } = new(4, "Forbidden", 403);

    public static EngineIOError UnsupportedVersion { get; } = new(5, "Unsupported protocol version");

    public static EngineIOError MethodNotAllowed { get; } = new(3, "Bad request", 405);

    public static EngineIOError TooLarge { get; } = new(3, "Payload too large", 413);

    public static EngineIOError TooManySessions { get; } = new(3, "Too many sessions", 503);

    public static EngineIOError ShuttingDown { get; } = new(3, "Server shutting down", 503);

    public static EngineIOError Unreachable { get; } = new(3, "Session unreachable", 503);

    /// <summary>A handshake that the application has refused.</summary>
    public static EngineIOError Vetoed(string message) => new(4, message, 403);

    /// <summary>The body of the response.</summary>
    public byte[] ToJson() => Encoding.UTF8.GetBytes($$"""{"code":{{Code}},"message":"{{JsonEncodedText.Encode(Message)}}"}""");
}
