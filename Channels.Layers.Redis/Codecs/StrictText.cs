using System.Text;

namespace Channels.Layers.Redis;

/// <summary>UTF-8 that refuses what cannot be text on both sides, instead of replacing it silently.</summary>
internal static class StrictText
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static int ByteCount(string text)
    {
        try
        {
            return Utf8.GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw LoneSurrogate(e);
        }
    }

    public static int Encode(string text, Span<byte> destination)
    {
        try
        {
            return Utf8.GetBytes(text, destination);
        }
        catch (EncoderFallbackException e)
        {
            throw LoneSurrogate(e);
        }
    }

    public static byte[] Encode(string text)
    {
        var bytes = new byte[ByteCount(text)];
        Encode(text, bytes);
        return bytes;
    }

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new FormatException("A text is not valid UTF-8.", e);
        }
    }

    private static ArgumentException LoneSurrogate(EncoderFallbackException inner) =>
        new($"A text holds half of a surrogate pair at character {inner.Index}, which UTF-8 cannot carry; remove it.", inner);
}
