using System.Text.Encodings.Web;
using System.Text.Json;

namespace Channels.SocketRouter;

/// <summary>Presence as clients see it: each key has one entry, whose <c>ref</c> is the key.</summary>
internal static class PresenceFrames
{
    public const string DiffRoute = "$presence.diff";
    public const string StateRoute = "$presence.state";

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether somebody came or went in the group of a topic.</summary>
    public static bool IsNews(ChannelMessage message, out string group)
    {
        group = message.Type is PresenceNews.Joined or PresenceNews.Left && message.Fields.TryGetValue("group", out var name) && name.Kind == MessageValueKind.Text ? name.GetText() : "";
        return group.StartsWith(TopicName.PlainPrefix, StringComparison.Ordinal) || group.StartsWith(TopicName.DigestPrefix, StringComparison.Ordinal);
    }

    /// <summary>The frame that tells it.</summary>
    public static ReadOnlyMemory<byte> Diff(string topic, ChannelMessage news)
    {
        var key = news.Fields["key"].GetText();
        var payload = Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("joins");
            if (news.Type == PresenceNews.Joined)
            {
                WriteEntry(writer, key, news.Fields.TryGetValue("metadata", out var metadata) ? metadata.GetMap() : null);
            }

            writer.WriteEndObject();
            writer.WriteStartObject("leaves");
            if (news.Type == PresenceNews.Left)
            {
                WriteEntry(writer, key, null);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        });
        return PushWriter.Presence(SocketPush.TextJson(topic), news.Position ?? default, payload.Span, SocketPush.TextJson(DiffRoute));
    }

    /// <summary>The frame that tells everything.</summary>
    public static ReadOnlyMemory<byte> State(string topic, PresencePage page) => PushWriter.Push(default, Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("topic", topic);
        WriteState(writer, page);
        writer.WriteEndObject();
    }).Span, SocketPush.TextJson(StateRoute));

    /// <summary>Epoch, version and state as members of the object at hand.</summary>
    public static void WriteState(Utf8JsonWriter writer, PresencePage page)
    {
        writer.WriteString("epoch", page.Position.Epoch);
        writer.WriteNumber("version", page.Position.Offset);
        writer.WriteStartObject("state");
        foreach (var entry in page.Entries)
        {
            WriteEntry(writer, entry.Key, entry.Metadata);
        }

        writer.WriteEndObject();
        if (page.HasMore)
        {
            writer.WriteBoolean("more", true);
        }
    }

    /// <summary>JSON without white space.</summary>
    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, Writing))
        {
            write(writer);
        }

        return json.WrittenMemory;
    }

    private static void WriteEntry(Utf8JsonWriter writer, string key, MessageMap? metadata)
    {
        writer.WriteStartObject(key);
        writer.WriteStartArray("metas");
        writer.WriteStartObject();
        foreach (var (name, value) in metadata ?? [])
        {
            if (name != "ref")
            {
                writer.WritePropertyName(name);
                MetadataJson.Write(writer, value);
            }
        }

        writer.WriteString("ref", key);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
