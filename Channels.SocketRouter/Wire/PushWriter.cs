using System.Buffers.Text;

namespace Channels.SocketRouter;

/// <summary>Writes what is sent without being a reply: items of streams, messages of topics.</summary>
internal static class PushWriter
{
    private const int LongestNumber = 20;

    /// <summary>An item of a stream.</summary>
    /// <param name="stream">The request's uuid.</param>
    /// <param name="number">From 1 on.</param>
    /// <param name="payload">JSON; empty for null.</param>
    public static ReadOnlyMemory<byte> Item(RequestId stream, long number, ReadOnlySpan<byte> payload)
    {
        var frame = new FrameBuilder(stream.Json.Length + payload.Length + 96);
        frame.Put("{\"headers\":{\"stream\":"u8).Put(stream.Json).Put(",\"seq\":"u8).Put(number).Put("},\"payload\":"u8);
        return frame.Put(payload.IsEmpty ? "null"u8 : payload).Put(",\"uuid\":\"\",\"status\":206,\"route\":\"$item\"}"u8).Written;
    }

    /// <summary>A message of a topic.</summary>
    /// <param name="topic">JSON.</param>
    /// <param name="position">Where it stands in the topic's history; null when it was only sent.</param>
    /// <param name="redelivered">Whether it comes again.</param>
    /// <param name="payload">JSON.</param>
    /// <param name="route">JSON.</param>
    public static ReadOnlyMemory<byte> Topic(ReadOnlySpan<byte> topic, HistoryPosition? position, bool redelivered, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> route)
    {
        var headers = new FrameBuilder(topic.Length + 96).Put("\"topic\":"u8).Put(topic);
        if (position is { } place)
        {
            headers.Put(",\"epoch\":\""u8).Put(place.Epoch).Put("\",\"offset\":"u8).Put(place.Offset);
        }

        if (redelivered)
        {
            headers.Put(",\"redelivered\":true"u8);
        }

        return Push(headers.Written.Span, payload, route);
    }

    /// <summary>Somebody came or went.</summary>
    /// <param name="topic">JSON.</param>
    /// <param name="position">Where it stands among the news.</param>
    /// <param name="payload">JSON.</param>
    /// <param name="route">JSON.</param>
    public static ReadOnlyMemory<byte> Presence(ReadOnlySpan<byte> topic, HistoryPosition position, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> route)
    {
        var headers = new FrameBuilder(topic.Length + 96).Put("\"topic\":"u8).Put(topic)
            .Put(",\"epoch\":\""u8).Put(position.Epoch).Put("\",\"version\":"u8).Put(position.Offset);
        return Push(headers.Written.Span, payload, route);
    }

    /// <summary>Any push.</summary>
    /// <param name="headers">What stands in the headers, without braces; empty for null.</param>
    /// <param name="payload">JSON; empty for null.</param>
    /// <param name="route">JSON.</param>
    public static ReadOnlyMemory<byte> Push(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> route)
    {
        var frame = new FrameBuilder(headers.Length + payload.Length + route.Length + 96);
        frame = headers.IsEmpty ? frame.Put("{\"headers\":null,\"payload\":"u8) : frame.Put("{\"headers\":{"u8).Put(headers).Put("},\"payload\":"u8);
        return frame.Put(payload.IsEmpty ? "null"u8 : payload).Put(",\"uuid\":\"\",\"status\":200,\"route\":"u8).Put(route).Put("}"u8).Written;
    }

    /// <summary>Bytes and numbers, one behind the other.</summary>
    private readonly struct FrameBuilder(int size)
    {
        private readonly System.Buffers.ArrayBufferWriter<byte> _bytes = new(size);

        public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

        public FrameBuilder Put(ReadOnlySpan<byte> bytes)
        {
            System.Buffers.BuffersExtensions.Write(_bytes, bytes);
            return this;
        }

        /// <summary>Letters and digits.</summary>
        public FrameBuilder Put(string text)
        {
            System.Text.EncodingExtensions.GetBytes(System.Text.Encoding.ASCII, text, _bytes);
            return this;
        }

        public FrameBuilder Put(long number)
        {
            Utf8Formatter.TryFormat(number, _bytes.GetSpan(LongestNumber), out var digits);
            _bytes.Advance(digits);
            return this;
        }
    }
}
