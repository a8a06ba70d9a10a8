using static Channels.Tests.Interop.Autobahn.AutobahnCase;

namespace Channels.Tests.Interop.Autobahn;

/// <summary>Group 9: large messages, many fragments, small chops, round trips.</summary>
/// <param name="full">The suite's own sizes and counts; else such as take no time.</param>
internal sealed class LimitCases(bool full)
{
    private const int Megabyte = 1 << 20;

    public IEnumerable<AutobahnCase> All() => [.. Large(), .. Fragmented(), .. Chops()];

    /// <summary>9.7 and 9.8: message after message, each behind the echo of the one before.</summary>
    public IEnumerable<(string Id, int Opcode, int Length, int Count)> RoundTrips()
    {
        int[] lengths = [0, 16, 64, 256, 1024, 4096];
        return from kind in new[] { 1, 2 }
               from i in Enumerable.Range(0, lengths.Length)
               select ($"9.{kind + 6}.{i + 1}", kind, lengths[i], full ? 1000 : 30);
    }

    private IEnumerable<AutobahnCase> Large()
    {
        int[] sizes = [Megabyte / 16, Megabyte / 4, Megabyte, 4 * Megabyte, 8 * Megabyte, 16 * Megabyte];
        return from kind in new[] { 1, 2 }
               from i in Enumerable.Range(0, full ? sizes.Length : 3)
               let payload = Repeat(kind == 1 ? "BAsd7&jh23"u8 : [0x00, 0xfe, 0x23, 0xfa, 0xf0], sizes[i])
               select Echoed($"9.{kind}.{i + 1}", [Frame(kind, payload)], new Answer(kind, payload));
    }

    private IEnumerable<AutobahnCase> Fragmented() =>
        from kind in new[] { 1, 2 }
        from i in Enumerable.Range(0, 9)
        let payload = Repeat([kind == 1 ? (byte)'*' : (byte)0xfe], full ? 4 * Megabyte : Megabyte / 16)
        select Echoed($"9.{kind + 2}.{i + 1}", Fragments(kind, payload, 64 << (2 * i)), new Answer(kind, payload));

    private IEnumerable<AutobahnCase> Chops() =>
        from kind in new[] { 1, 2 }
        from i in Enumerable.Range(0, 6)
        let payload = Repeat(kind == 1 ? "BAsd7&jh23"u8 : [0x00, 0xfe, 0x23, 0xfa, 0xf0], full ? Megabyte : Megabyte / 64)
        select Echoed($"9.{kind + 4}.{i + 1}", Chopped(64 << i, Frame(kind, payload)), new Answer(kind, payload));
}
