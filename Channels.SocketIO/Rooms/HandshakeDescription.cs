using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>What administrators are shown of the request that has opened a client's session: nothing by which its user could be taken for them.</summary>
internal static class HandshakeDescription
{
    private static readonly string[] Secrets = ["cookie", "authorization", "proxy-authorization"];

    /// <summary>Writes it as an object.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="scope">The request's facts; null when they are not known yet.</param>
    public static void Write(Utf8JsonWriter writer, SocketIOScope? scope)
    {
        writer.WriteStartObject();
        if (scope is not null)
        {
            writer.WriteString("address"u8, scope.Client?.Address.ToString() ?? "");
            writer.WriteString("url"u8, $"{scope.Path}{(scope.QueryString.Length > 0 ? "?" : "")}{scope.QueryString}");
            writer.WriteNumber("issued"u8, scope.ConnectedAt.ToUnixTimeMilliseconds());
            writer.WriteString("time"u8, SocketDescription.ToText(scope.ConnectedAt));
            writer.WriteBoolean("secure"u8, scope.Scheme is "https" or "wss");
            writer.WriteBoolean("xdomain"u8, scope.Headers["origin"] is not null);
            Write(writer, "headers", scope.Headers.Where(header => !Secrets.Contains(header.Key, StringComparer.OrdinalIgnoreCase)).GroupBy(header => header.Key.ToLowerInvariant(), header => header.Value, StringComparer.Ordinal));
            Write(writer, "query", Parameters(scope.QueryString).GroupBy(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal));
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, IEnumerable<IGrouping<string, string>> fields)
    {
        writer.WriteStartObject(name);
        foreach (var field in fields)
        {
            writer.WriteString(field.Key, string.Join(", ", field));
        }

        writer.WriteEndObject();
    }

    private static IEnumerable<(string Name, string Value)> Parameters(string query) => query.Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(parameter => parameter.Split('=', 2))
        .Select(pair => (Decode(pair[0]), pair.Length > 1 ? Decode(pair[1]) : ""));

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
