using System.Text.Json;

namespace Channels.SocketRouter;

/// <summary>Reads the payload of <c>$cancel</c>: <c>{"uuid": …}</c>.</summary>
internal static class CancelRequest
{
    public static bool TryRead(ReadOnlyMemory<byte> payload, out RequestId id)
    {
        id = RequestId.Unknown;
        var found = false;
        var reader = new Utf8JsonReader(payload.Span); // a part of a frame that was read already
        if (payload.IsEmpty || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("uuid"u8);
            reader.Read();
            found = isId ? RequestId.TryRead(ref reader, payload, out id) : found;
            reader.Skip();
        }

        return found;
    }
}
