using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>The numbers of one process. For one caller at a time.</summary>
/// <param name="options">The options; checked.</param>
/// <param name="runtime">The server.</param>
/// <param name="traffic">What its engine counts.</param>
internal sealed class AdminStatistics(SocketIOAdminOptions options, SocketIORuntime runtime, EngineTraffic traffic)
{
    private EngineTotals _last = new(0, 0, 0, 0, 0, 0, 0, new Dictionary<string, long>());

    private long? _start;

    /// <summary>The numbers as of now; events since the last time.</summary>
    public JsonElement Read()
    {
        var totals = traffic.Read();
        var output = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteString("serverId"u8, options.ServerId);
            writer.WriteString("hostname"u8, Environment.MachineName);
            writer.WriteNumber("pid"u8, Environment.ProcessId);
            writer.WriteNumber("uptime"u8, Math.Round(runtime.Time.GetElapsedTime(_start ??= runtime.Time.GetTimestamp()).TotalSeconds, 3));
            writer.WriteNumber("clientsCount"u8, totals.Clients);
            writer.WriteNumber("pollingClientsCount"u8, totals.PollingClients);
            WriteEvents(writer, totals);
            WriteNamespaces(writer);
            writer.WriteEndObject();
        }

        _last = totals;
        return SocketDescription.Parse(Encoding.UTF8.GetString(output.WrittenSpan));
    }

    private void WriteEvents(Utf8JsonWriter writer, EngineTotals totals)
    {
        writer.WriteStartArray("aggregatedEvents"u8);
        var second = runtime.Time.GetUtcNow().ToUnixTimeSeconds() * 1000;
        Write("rawConnection", totals.Opened - _last.Opened);
        Write("packetsIn", totals.PacketsIn - _last.PacketsIn);
        Write("bytesIn", totals.BytesIn - _last.BytesIn);
        Write("packetsOut", totals.PacketsOut - _last.PacketsOut);
        Write("bytesOut", totals.BytesOut - _last.BytesOut);
        foreach (var (reason, count) in totals.Closed)
        {
            Write("rawDisconnection", count - _last.Closed.GetValueOrDefault(reason), reason);
        }

        writer.WriteEndArray();

        void Write(string type, long count, string? subType = null)
        {
            if (count == 0)
            {
                return;
            }

            writer.WriteStartObject();
            writer.WriteNumber("timestamp"u8, second);
            writer.WriteString("type"u8, type);
            if (subType is not null)
            {
                writer.WriteString("subType"u8, subType);
            }

            writer.WriteNumber("count"u8, count);
            writer.WriteEndObject();
        }
    }

    private void WriteNamespaces(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("namespaces"u8);
        var counts = runtime.Sockets.CountBySpace();
        foreach (var name in runtime.Spaces.Names.Union(counts.Keys, StringComparer.Ordinal))
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, name);
            writer.WriteNumber("socketsCount"u8, counts.GetValueOrDefault(name));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
