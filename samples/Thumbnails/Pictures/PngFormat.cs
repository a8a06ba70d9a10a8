namespace Thumbnails;

/// <summary>What reading and writing PNG have in common (PNG specification, third edition).</summary>
internal static class PngFormat
{
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The Paeth predictor: whichever of left, above and upper left is nearest to their linear guess (section 9.4).</summary>
    public static byte Paeth(byte left, byte above, byte upperLeft)
    {
        var guess = left + above - upperLeft;
        var (byLeft, byAbove, byUpperLeft) = (Math.Abs(guess - left), Math.Abs(guess - above), Math.Abs(guess - upperLeft));
        return byLeft <= byAbove && byLeft <= byUpperLeft ? left : byAbove <= byUpperLeft ? above : upperLeft;
    }
}
