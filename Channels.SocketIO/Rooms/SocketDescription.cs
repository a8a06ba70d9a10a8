using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>What administrators are shown of clients, as JSON: never what a client has said to be let in, nor what would open its session.</summary>
internal static class SocketDescription
{
    private const int MostEventBytes = 16 * 1024;
    private const int ClientIdLength = 12;

    /// <summary>A client as it is now, in rooms that were noted before.</summary>
    public static JsonElement Of(NamespaceConnection socket, string[] rooms)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(output))
        {
            Write(writer, socket, rooms);
        }

        return Parse(output.WrittenMemory);
    }

    /// <summary>The clients of this process, as an array in UTF-8.</summary>
    /// <param name="runtime">The server.</param>
    /// <param name="most">How many at most.</param>
    public static byte[] OfAll(SocketIORuntime runtime, int most)
    {
        var output = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartArray();
            foreach (var socket in runtime.Sockets.All().Take(most))
            {
                Write(writer, socket, socket.Rooms.ToArray());
            }

            writer.WriteEndArray();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>What has changed about a client.</summary>
    public static JsonElement OfChange(NamespaceConnection socket, string name, JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, socket.Id);
            writer.WriteString("nsp"u8, socket.Namespace);
            writer.WritePropertyName(name);
            value.WriteTo(writer);
            writer.WriteEndObject();
        }

        return Parse(output.WrittenMemory);
    }

    /// <summary>What the application keeps with a client, as JSON; null where it is in no form that could be shown.</summary>
    public static string OfData(NamespaceConnection socket)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in socket.Data.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(ToJson(socket, value), skipInputValidation: true);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>An event's name and arguments; bytes in them as base64, and no more than can be looked at.</summary>
    public static JsonElement OfEvent(SocketIOArguments arguments) =>
        arguments.Array.Length <= MostEventBytes && arguments.Attachments.Sum(bytes => (long)bytes.Length) <= MostEventBytes
            ? Parse(arguments.GetJson())
            : Parse(string.Create(CultureInfo.InvariantCulture, $"[{Encoding.UTF8.GetString(arguments.NameJson)},\"({arguments.Count} arguments, too long to be shown)\"]"));

    public static JsonElement TransportOf(NamespaceConnection socket) => Parse(Transport(socket) == EngineIOTransport.Polling ? "\"polling\"" : "\"websocket\"");

    public static JsonElement Parse(string json) => Parse(Encoding.UTF8.GetBytes(json));

    public static string ToText(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = PayloadScan.MaxDepth + 2 });
        return document.RootElement.Clone();
    }

    private static void Write(Utf8JsonWriter writer, NamespaceConnection socket, string[] rooms)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, socket.Id);
        writer.WriteString("clientId"u8, ClientIdOf(socket));
        writer.WriteString("transport"u8, Transport(socket) == EngineIOTransport.Polling ? "polling"u8 : "websocket"u8);
        writer.WriteString("nsp"u8, socket.Namespace);
        writer.WritePropertyName("data"u8);
        writer.WriteRawValue(OfData(socket), skipInputValidation: true);
        writer.WritePropertyName("handshake"u8);
        HandshakeDescription.Write(writer, socket.Scope);
        writer.WriteStartArray("rooms"u8);
        foreach (var room in rooms)
        {
            writer.WriteStringValue(room);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    // The namespaces of one connection have the same one. The id itself would open the session to whoever sees it.
    private static string ClientIdOf(NamespaceConnection socket) =>
        socket.Scope is { } scope ? Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(scope.Session.SessionId)))[..ClientIdLength] : "";

    private static EngineIOTransport Transport(NamespaceConnection socket) => socket.Scope?.Session.CurrentTransport ?? default;

    private static string ToJson(NamespaceConnection socket, object? value)
    {
        try
        {
            return socket.Runtime.Codec.EncodeAll([value]).GetJson(0);
        }
#pragma warning disable CA1031 // contracts, getters and converters of the application's: whatever they throw, there is nothing to show
        catch (Exception)
#pragma warning restore CA1031
        {
            return "null";
        }
    }
}
