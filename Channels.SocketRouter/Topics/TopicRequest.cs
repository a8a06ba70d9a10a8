using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Channels.SocketRouter;

/// <summary>What the payload of a request about a topic says.</summary>
internal sealed class TopicRequest
{
    private TopicRequest(string topic) => Topic = topic;

    public string Topic { get; }

    /// <summary>The position of the last message that the client has; null when it did not say one.</summary>
    public HistoryPosition? Since { get; private set; }

    /// <summary>The newest message alone.</summary>
    public bool SinceLast { get; private set; }

    /// <summary>Behind what was acknowledged.</summary>
    public bool SinceAcknowledged { get; private set; }

    /// <summary>Whether the client wants to learn who is present.</summary>
    public bool Watches { get; private set; }

    /// <summary>What it tells of itself to be present; null when it is not.</summary>
    public MessageMap? Presence { get; private set; }

    /// <summary>How deliveries are acknowledged; null when they are not.</summary>
    public AcknowledgedDelivery? Acknowledged { get; private set; }

    /// <summary>Reads it; false when it is wrong.</summary>
    public static bool TryRead(JsonElement payload, [NotNullWhen(true)] out TopicRequest? request)
    {
        request = null;
        if (payload.ValueKind != JsonValueKind.Object || !payload.TryGetProperty("topic", out var topic) || topic.ValueKind != JsonValueKind.String || !TopicName.IsValid(topic.GetString()))
        {
            return false;
        }

        var read = new TopicRequest(topic.GetString()!); // it is valid
        if (!read.TryReadSince(payload) || !read.TryReadPresence(payload) || !read.TryReadAcknowledged(payload))
        {
            return false;
        }

        request = read;
        return true;
    }

    /// <summary>A position, as <c>{"epoch","offset"}</c>.</summary>
    public static bool TryReadPosition(JsonElement json, out HistoryPosition position)
    {
        position = default;
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("epoch", out var epoch) || epoch.ValueKind != JsonValueKind.String
            || !json.TryGetProperty("offset", out var offset) || offset.ValueKind != JsonValueKind.Number || !offset.TryGetInt64(out var number) || number < 0)
        {
            return false;
        }

        position = HistoryPosition.Parse($"{epoch.GetString()}:{number}"); // what is no epoch becomes one that no history knows
        return true;
    }

    private bool TryReadSince(JsonElement payload)
    {
        if (!payload.TryGetProperty("since", out var since) || since.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        if (since.ValueKind == JsonValueKind.String)
        {
            SinceLast = since.ValueEquals("last");
            SinceAcknowledged = since.ValueEquals("acked");
            return SinceLast || SinceAcknowledged;
        }

        var isPosition = TryReadPosition(since, out var position);
        Since = position;
        return isPosition;
    }

    private bool TryReadPresence(JsonElement payload)
    {
        if (!payload.TryGetProperty("presence", out var presence) || presence.ValueKind is JsonValueKind.Null or JsonValueKind.False)
        {
            return true;
        }

        Watches = presence.ValueKind is JsonValueKind.True or JsonValueKind.Object;
        if (presence.ValueKind != JsonValueKind.Object)
        {
            return Watches;
        }

        if (!presence.TryGetProperty("meta", out var metadata) || metadata.ValueKind == JsonValueKind.Null)
        {
            Presence = [];
            return true;
        }

        if (metadata.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        Presence = MetadataJson.ToMap(metadata);
        return true;
    }

    private bool TryReadAcknowledged(JsonElement payload)
    {
        if (!payload.TryGetProperty("ack", out var given) || given.ValueKind is JsonValueKind.Null or JsonValueKind.False)
        {
            return true;
        }

        Acknowledged = AcknowledgedDelivery.TryRead(given, out var delivery) ? delivery : null;
        return Acknowledged is not null;
    }
}
