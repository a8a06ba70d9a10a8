using System.Text;
using System.Text.Json;

namespace Channels.SocketRouter;

/// <summary>
/// Takes a request's frame apart without making objects of it: payload and headers stay slices that are read when somebody asks
/// for them. Depth and spelling are checked here for the whole frame, so that no later reader fails on the frame itself.
/// </summary>
internal static class EnvelopeReader
{
    public const int LongestIdempotencyKey = 128;

    /// <summary>Reads a frame; false when it is no request. Then the envelope's uuid is what could be read of it.</summary>
    /// <param name="frame">The text message in UTF-8.</param>
    /// <param name="maxDepth">How many levels a payload may have.</param>
    /// <param name="routes">Known names, so that none is made anew; null for an unknown one.</param>
    /// <param name="envelope">What was read.</param>
    public static bool TryRead(ReadOnlyMemory<byte> frame, int maxDepth, Func<ReadOnlySpan<byte>, string?> routes, out Envelope envelope)
    {
        envelope = new Envelope { Length = frame.Length };
        if (!LoneSurrogates.Has(frame.Span))
        {
            var reader = new Utf8JsonReader(frame.Span, new JsonReaderOptions { MaxDepth = maxDepth + 1 });
            try
            {
                if (TryReadObject(ref reader, frame, routes, ref envelope) && !reader.Read())
                {
                    return envelope.Route is not null;
                }
            }
            catch (JsonException)
            {
                // It is no JSON, or nested too deep.
            }
        }

        envelope = new Envelope { Id = FindId(frame) };
        return false;
    }

    // Of a frame that is refused for what stands beside the uuid: whoever sent it waits for an answer with that. What is no JSON at all
    // has none, wherever it breaks.
    private static RequestId FindId(ReadOnlyMemory<byte> frame)
    {
        var id = RequestId.Unknown;
        var reader = new Utf8JsonReader(frame.Span, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return RequestId.Unknown;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isId = reader.ValueTextEquals("uuid"u8);
                reader.Read();
                if (isId)
                {
                    RequestId.TryRead(ref reader, frame, out id);
                }

                reader.Skip();
            }

            return reader.Read() || LoneSurrogates.Has(id.Json) ? RequestId.Unknown : id;
        }
        catch (JsonException)
        {
            return RequestId.Unknown;
        }
    }

    private static bool TryReadObject(ref Utf8JsonReader reader, ReadOnlyMemory<byte> frame, Func<ReadOnlySpan<byte>, string?> routes, ref Envelope envelope)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        var (hasId, headersFit) = (false, true);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("uuid"u8))
            {
                reader.Read();
                hasId = RequestId.TryRead(ref reader, frame, out envelope.Id);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("route"u8))
            {
                reader.Read();
                envelope.Route = reader.TokenType != JsonTokenType.String ? null
                    : reader.ValueIsEscaped ? reader.GetString() : routes(reader.ValueSpan) ?? Encoding.UTF8.GetString(reader.ValueSpan);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("headers"u8))
            {
                reader.Read();
                headersFit = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.Null;
                envelope.Control = default;
                envelope.Headers = ReadHeaders(ref reader, frame, ref envelope.Control);
            }
            else if (reader.ValueTextEquals("payload"u8))
            {
                reader.Read();
                envelope.Payload = ReadValue(ref reader, frame);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (!hasId || !headersFit)
        {
            envelope.Route = null; // the uuid goes back, if there is one
        }

        return true;
    }

    private static ReadOnlyMemory<byte> ReadValue(ref Utf8JsonReader reader, ReadOnlyMemory<byte> frame)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return frame[start..(int)reader.BytesConsumed];
    }

    private static ReadOnlyMemory<byte> ReadHeaders(ref Utf8JsonReader reader, ReadOnlyMemory<byte> frame, ref ControlHeaders control)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return default;
        }

        var start = (int)reader.TokenStartIndex;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("noReply"u8))
            {
                reader.Read();
                control.NoReply = reader.TokenType == JsonTokenType.True;
            }
            else if (reader.ValueTextEquals("stream"u8))
            {
                reader.Read();
                control.Stream = reader.TokenType == JsonTokenType.True;
            }
            else if (reader.ValueTextEquals("timeoutMs"u8))
            {
                reader.Read();
                control.Timeout = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var milliseconds) && milliseconds > 0 ? milliseconds : 0;
            }
            else if (reader.ValueTextEquals("idempotencyKey"u8))
            {
                reader.Read();
                control.IdempotencyKey = reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 and <= LongestIdempotencyKey } key ? key : null;
            }
            else
            {
                reader.Read();
            }

            reader.Skip();
        }

        return frame[start..(int)reader.BytesConsumed];
    }
}
