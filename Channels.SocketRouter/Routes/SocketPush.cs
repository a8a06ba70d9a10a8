using System.Text.Encodings.Web;
using System.Text.Json;

namespace Channels.SocketRouter;

/// <summary>JSON of what is pushed.</summary>
internal static class SocketPush
{
    /// <exception cref="ArgumentException">The route is empty, or the heartbeat's.</exception>
    public static byte[] RouteJson(string route)
    {
        ArgumentException.ThrowIfNullOrEmpty(route);
        return route == "PONG" ? throw new ArgumentException("'PONG' is the answer to a heartbeat; choose another route.", nameof(route)) : TextJson(route);
    }

    /// <exception cref="InvalidOperationException">There is no contract.</exception>
    public static ReadOnlySpan<byte> PayloadJson<T>(T payload, SocketContracts contracts) => payload is null ? default
        : JsonSerializer.SerializeToUtf8Bytes(payload, contracts.FindOptional<T>()
            ?? throw new InvalidOperationException($"There is no JSON contract for '{TypeText.Of(typeof(T))}': add [JsonSerializable(typeof({TypeText.Of(typeof(T))}))] to the context that [SocketRouter] names."));

    public static byte[] TextJson(string text) => [(byte)'"', .. JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"'];
}
