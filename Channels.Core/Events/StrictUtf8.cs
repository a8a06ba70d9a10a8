using System.Text;

namespace Channels;

/// <summary>UTF-8 that refuses lone surrogates instead of replacing them: what leaves here is always valid text (RFC 3629).</summary>
internal static class StrictUtf8
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] GetBytes(string text) => Strict.GetBytes(text);

    public static int GetByteCount(string text) => Strict.GetByteCount(text);

    /// <summary>Whether every surrogate of the text has its other half.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        while (true)
        {
            var half = text.IndexOfAnyInRange('\ud800', '\udfff');
            if (half < 0)
            {
                return true;
            }

            if (half + 1 >= text.Length || !char.IsSurrogatePair(text[half], text[half + 1]))
            {
                return false;
            }

            text = text[(half + 2)..];
        }
    }
}
