using System.Text;

namespace Channels.Tests.Interop.Autobahn;

/// <summary>Groups 12 and 13: compressed messages of several kinds of data, and with several offers.</summary>
internal static class DeflateCases
{
    // Length of a message, and of its fragments; 0 for none.
    private static readonly (int Length, int Fragment)[] Sizes =
    [
        (16, 0), (64, 0), (256, 0), (1024, 0), (4096, 0), (8192, 0), (16_384, 0), (32_768, 0), (65_536, 0), (131_072, 0),
        (8192, 256), (16_384, 256), (32_768, 256), (65_536, 256), (131_072, 256), (131_072, 1024), (131_072, 4096), (131_072, 32_768),
    ];

    // What is offered, and what a server agrees to that keeps windows where it may, and has none but the largest.
    private static readonly (string Offer, string? Agreed)[] Offers =
    [
        ("permessage-deflate; client_no_context_takeover; client_max_window_bits", "permessage-deflate; client_no_context_takeover"),
        ("permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
        ("permessage-deflate; client_no_context_takeover; client_max_window_bits; server_max_window_bits=9", null),
        ("permessage-deflate; client_no_context_takeover; client_max_window_bits; server_max_window_bits=15", "permessage-deflate; client_no_context_takeover; server_max_window_bits=15"),
        ("permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover; server_max_window_bits=9", null),
        (
            "permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover; server_max_window_bits=15",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15"),
        (
            "permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover; server_max_window_bits=9, "
            + "permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover, permessage-deflate; client_no_context_takeover; client_max_window_bits",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
    ];

    public static IEnumerable<DeflateCase> All()
    {
        var random = new Random(12);
        byte[][] data = [Json(random), Bitmap(random), Prose(random), Html(random), Incompressible(random)];
        for (var kind = 0; kind < data.Length; kind++)
        {
            for (var i = 0; i < Sizes.Length; i++)
            {
                yield return new($"12.{kind + 1}.{i + 1}", Offers[0].Offer, Offers[0].Agreed, data[kind], kind is 0 or 3, Sizes[i].Length, Sizes[i].Fragment);
            }
        }

        for (var offer = 0; offer < Offers.Length; offer++)
        {
            for (var i = 0; i < Sizes.Length; i++)
            {
                yield return new($"13.{offer + 1}.{i + 1}", Offers[offer].Offer, Offers[offer].Agreed, data[0], true, Sizes[i].Length, Sizes[i].Fragment);
            }
        }
    }

    // The suite's own files are not ours to hand on; these compress about as well. ASCII, so that a text may be cut anywhere.
    private static byte[] Json(Random random) => Text(170_000, i => $"{{\"id\": {i}, \"name\": \"{Word(random)}\", \"tags\": [\"{Word(random)}\", \"{Word(random)}\"], \"score\": {random.NextDouble()}}},\n");

    private static byte[] Html(Random random) => Text(170_000, i => $"<tr class=\"row{i % 2}\"><td><a href=\"/{Word(random)}/{i}\">{Word(random)}</a></td><td>{Word(random)}</td></tr>\n");

    private static byte[] Prose(Random random) => Text(170_000, i => Word(random) + (i % 12 == 11 ? ".\n" : " "));

    private static byte[] Bitmap(Random random) => [.. Enumerable.Range(0, 512 * 512).Select(i => (byte)((i % 512 / 4) + (i / 512 / 4) + random.Next(3)))];

    private static byte[] Incompressible(Random random)
    {
        var octets = new byte[250_000];
        random.NextBytes(octets);
        return octets;
    }

    private static byte[] Text(int length, Func<int, string> part)
    {
        var text = new StringBuilder();
        for (var i = 0; text.Length < length; i++)
        {
            text.Append(part(i));
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static string Word(Random random)
    {
        string[] syllables = ["ha", "be", "nun", "ach", "phi", "lo", "so", "ju", "ri", "ste", "rei", "und", "me", "di", "zin", "lei", "der", "auch", "theo", "lo", "gie"];
        return string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => syllables[random.Next(random.Next(1, syllables.Length))]));
    }
}
