namespace Channels.Tests.Support;

/// <summary>Compares many octets at once: a constraint that walks through them one by one takes seconds for what a large message holds.</summary>
internal static class Octets
{
    /// <summary>Fails, naming where they part, unless both are the same.</summary>
    public static void AreSame(ReadOnlySpan<byte> actual, ReadOnlySpan<byte> expected)
    {
        if (!actual.SequenceEqual(expected))
        {
            Assert.Fail($"{actual.Length} octets instead of {expected.Length}, the same up to {actual.CommonPrefixLength(expected)}");
        }
    }
}
