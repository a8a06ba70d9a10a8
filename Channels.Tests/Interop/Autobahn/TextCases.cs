using static Channels.Tests.Interop.Autobahn.AutobahnCase;

namespace Channels.Tests.Interop.Autobahn;

/// <summary>Group 6: UTF-8, valid and not, in every way of fragments (after Markus Kuhn's decoder stress test).</summary>
internal static class TextCases
{
    private const string Kosme = "cebae1bdb9cf83cebcceb5";

    // Sections 6.5 to 6.22 with the octets of their cases; '-' marks the ones that are not text.
    private static readonly string[][] Sections =
    [
        ["68656c6c6f24776f726c64", "68656c6c6fc2a2776f726c64", "68656c6c6fe282ac776f726c64", "68656c6c6ff0a4ada2776f726c64", Kosme],
        [.. Enumerable.Range(1, 11).Select(length => (length is 2 or 5 or 7 or 9 or 11 ? "" : "-") + Kosme[..(2 * length)])],
        ["00", "c280", "e0a080", "f0908080"],
        ["-f888808080", "-fc8480808080"],
        ["7f", "dfbf", "efbfbf", "f48fbfbf"],
        ["-f7bfbfbf", "-fbbfbfbfbf", "-fdbfbfbfbfbf"],
        ["ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "-f4908080"],
        ["-80", "-bf", "-80bf", "-80bf80", "-80bf80bf", "-80bf80bf80", "-80bf80bf80bf", "-" + Hex(Enumerable.Range(0x80, 0x3f))],
        [.. ((int From, int To)[])[(0xc0, 0xdf), (0xe0, 0xef), (0xf0, 0xf7), (0xf8, 0xfb), (0xfc, 0xfd)] is var starts
            ? starts.Select(range => "-" + Hex(Enumerable.Range(range.From, range.To - range.From).SelectMany(start => new[] { start, 0x20 })))
            : []],
        [.. Incomplete().Select(text => "-" + text)],
        ["-" + string.Concat(Incomplete())],
        ["-fe", "-ff", "-fefeffff"],
        ["-c0af", "-e080af", "-f08080af", "-f8808080af", "-fc80808080af"],
        ["-c1bf", "-e09fbf", "-f08fbfbf", "-f887bfbfbf", "-fc83bfbfbfbf"],
        ["-c080", "-e08080", "-f0808080", "-f880808080", "-fc8080808080"],
        ["-eda080", "-edadbf", "-edae80", "-edafbf", "-edb080", "-edbe80", "-edbfbf"],
        ["-eda080edb080", "-eda080edbfbf", "-edadbfedb080", "-edadbfedbfbf", "-edae80edb080", "-edae80edbfbf", "-edafbfedb080", "-edafbfedbfbf"],
        ["efbfbe", "efbfbf", .. NonCharacters()],
        ["efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbe", "efbfbf"],
    ];

    public static IEnumerable<AutobahnCase> All() => [.. Fragmented(), .. FailingFast(), .. Sequences()];

    private static IEnumerable<AutobahnCase> Fragmented()
    {
        const string umlauts = "Hello-µ@ßöäüàá-UTF-8!!";
        var kosme = Convert.FromHexString(Kosme);
        yield return Echoed("6.1.1", [Frame(1)], Text(""));
        yield return Echoed("6.1.2", [Frame(1, final: false), Frame(0, final: false), Frame(0)], Text(""));
        yield return Echoed("6.1.3", [Frame(1, final: false), Frame(0, "middle frame payload", final: false), Frame(0)], Text("middle frame payload"));
        yield return Echoed("6.2.1", [Frame(1, umlauts)], Text(umlauts));
        yield return Echoed("6.2.2", [Frame(1, umlauts[..11], final: false), Frame(0, umlauts[11..])], Text(umlauts));
        yield return Echoed("6.2.3", Fragments(1, Text(umlauts).Payload, 1), Text(umlauts));
        yield return Echoed("6.2.4", Fragments(1, kosme, 1), new Answer(1, kosme));
        byte[] surrogate = [.. kosme, 0xed, 0xa0, 0x80, .. "edited"u8];
        yield return Failed("6.3.1", 1007, [Frame(1, surrogate)]);
        yield return Failed("6.3.2", 1007, Fragments(1, surrogate, 1));
    }

    // The octet that spoils the text must be enough: the rest is never sent.
    private static IEnumerable<AutobahnCase> FailingFast()
    {
        byte[] beyond = [.. Convert.FromHexString(Kosme), 0xf4, 0x90, 0x80, 0x80, .. "edited"u8];
        var header = Frame(1, beyond).Length - beyond.Length;
        foreach (var (number, first, second) in ((int, int, int)[])[(1, 11, 15), (2, 12, 13)])
        {
            byte[][] frames = [Frame(1, beyond.AsSpan(0, first), final: false), Frame(0, beyond.AsSpan(first..second), final: false), Frame(0, beyond.AsSpan(second))];
            yield return Failed($"6.4.{number}", 1007, frames) with { NeverReaches = 2 };
            var whole = Frame(1, beyond);
            yield return Failed($"6.4.{number + 2}", 1007, [whole[..(header + first)], whole[(header + first)..(header + second)], whole[(header + second)..]]) with { NeverReaches = 2 };
        }
    }

    private static IEnumerable<AutobahnCase> Sequences()
    {
        for (var section = 0; section < Sections.Length; section++)
        {
            for (var i = 0; i < Sections[section].Length; i++)
            {
                var id = $"6.{section + 5}.{i + 1}";
                var octets = Convert.FromHexString(Sections[section][i].TrimStart('-'));
                yield return Sections[section][i][0] == '-' ? Failed(id, 1007, [Frame(1, octets)]) : Echoed(id, [Frame(1, octets)], new Answer(1, octets));
            }
        }
    }

    private static string[] Incomplete() => ["c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"];

    // The last two code points of each plane but the first, as UTF-8: not characters, and text all the same.
    private static IEnumerable<string> NonCharacters() =>
        from plane in Enumerable.Range(1, 16)
        from last in new[] { 0xfffe, 0xffff }
        select Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(char.ConvertFromUtf32((plane << 16) | last)));

    private static string Hex(IEnumerable<int> octets) => Convert.ToHexStringLower([.. octets.Select(octet => (byte)octet)]);
}
