using System.Text;
using Channels.Tests.Kestrel.WebSockets;
using static Channels.Tests.Interop.Autobahn.AutobahnCase;

namespace Channels.Tests.Interop.Autobahn;

/// <summary>Groups 1 to 5, 7 and 10: framing, pings, reserved bits, opcodes, fragments, closing.</summary>
internal static class ProtocolCases
{
    private const string Hello = "Hello, world!";
    private static readonly byte[] Binary = [0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff];

    public static IEnumerable<AutobahnCase> All() => [.. Framing(), .. Pings(), .. ReservedBits(), .. Opcodes(), .. Fragmentation(), .. Closing(), AutoFragment()];

    private static IEnumerable<AutobahnCase> Framing()
    {
        int[] lengths = [0, 125, 126, 127, 128, 65_535, 65_536];
        foreach (var (kind, fill) in ((int, byte)[])[(1, (byte)'*'), (2, 0xfe)])
        {
            for (var i = 0; i < lengths.Length; i++)
            {
                var payload = Repeat([fill], lengths[i]);
                yield return Echoed($"1.{kind}.{i + 1}", [Frame(kind, payload)], new Answer(kind, payload));
            }

            var last = Repeat([fill], 65_536);
            yield return Echoed($"1.{kind}.8", Chopped(997, Frame(kind, last)), new Answer(kind, last));
        }
    }

    private static IEnumerable<AutobahnCase> Pings()
    {
        var longest = Repeat([0xfe], 125);
        yield return Echoed("2.1", [Frame(9)], Pong(""));
        yield return Echoed("2.2", [Frame(9, Hello)], Pong(Hello));
        yield return Echoed("2.3", [Frame(9, Binary)], new Answer(10, Binary));
        yield return Echoed("2.4", [Frame(9, longest)], new Answer(10, longest));
        yield return Failed("2.5", 1002, [Frame(9, Repeat([0xfe], 126))]);
        yield return Echoed("2.6", Chopped(1, Frame(9, longest)), new Answer(10, longest));
        yield return Closed("2.7", 1000, [Frame(10), RawFrame.ClientClose(1000)]);
        yield return Closed("2.8", 1000, [Frame(10, "unsolicited pong payload"), RawFrame.ClientClose(1000)]);
        yield return Echoed("2.9", [Frame(10, "unsolicited pong payload"), Frame(9, "ping payload")], Pong("ping payload"));
        string[] ten = [.. Enumerable.Range(0, 10).Select(i => $"payload-{i}")];
        byte[][] pings = [.. ten.Select(text => Frame(9, text))];
        Answer[] pongs = [.. ten.Select(Pong)];
        yield return Echoed("2.10", pings, pongs);
        yield return Echoed("2.11", Chopped(1, pings), pongs);
    }

    private static IEnumerable<AutobahnCase> ReservedBits()
    {
        yield return Failed("3.1", 1002, [Frame(1, Hello, reserved: 1)]);
        yield return Failed("3.2", 1002, [Frame(1, Hello), Frame(1, Hello, reserved: 2), Frame(9)], Text(Hello));
        yield return Failed("3.3", 1002, [Frame(1, Hello), Frame(1, Hello, reserved: 3), Frame(9)], Text(Hello));
        yield return Failed("3.4", 1002, Chopped(1, Frame(1, Hello), Frame(1, Hello, reserved: 4), Frame(9)), Text(Hello));
        yield return Failed("3.5", 1002, [Frame(2, Binary, reserved: 5)]);
        yield return Failed("3.6", 1002, [Frame(9, Hello, reserved: 6)]);
        yield return Failed("3.7", 1002, [Frame(8, reserved: 7)]);
    }

    private static IEnumerable<AutobahnCase> Opcodes()
    {
        foreach (var (part, first) in ((int, int)[])[(1, 3), (2, 11)])
        {
            yield return Failed($"4.{part}.1", 1002, [Frame(first)]);
            yield return Failed($"4.{part}.2", 1002, [Frame(first + 1, "reserved opcode payload")]);
            yield return Failed($"4.{part}.3", 1002, [Frame(1, Hello), Frame(first + 2), Frame(9)], Text(Hello));
            yield return Failed($"4.{part}.4", 1002, [Frame(1, Hello), Frame(first + 3, Hello), Frame(9)], Text(Hello));
            yield return Failed($"4.{part}.5", 1002, Chopped(1, Frame(1, Hello), Frame(first + 4, Hello), Frame(9)), Text(Hello));
        }
    }

    private static IEnumerable<AutobahnCase> Fragmentation()
    {
        yield return Failed("5.1", 1002, [Frame(9, "fragment1", final: false), Frame(0, "fragment2")]);
        yield return Failed("5.2", 1002, [Frame(10, "fragment1", final: false), Frame(0, "fragment2")]);
        foreach (var (offset, cut) in Cuts())
        {
            byte[][] two = [Frame(1, "fragment1", final: false), Frame(0, "fragment2")];
            yield return Echoed($"5.{3 + offset}", cut(two), Text("fragment1fragment2"));
            yield return Echoed($"5.{6 + offset}", cut([two[0], Frame(9, "ping payload"), two[1]]), Pong("ping payload"), Text("fragment1fragment2"));
            yield return Failed($"5.{9 + offset}", 1002, cut([Frame(0, "non-continuation payload"), Frame(1, Hello)]));
            yield return Failed($"5.{12 + offset}", 1002, cut([Frame(0, "non-continuation payload", final: false), Frame(1, Hello)]));
        }

        yield return Failed(
            "5.15", 1002,
            [Frame(1, "fragment1", final: false), Frame(0, "fragment2"), Frame(0, "fragment3", final: false), Frame(1, "fragment4")], Text("fragment1fragment2"));
        foreach (var (id, final) in ((string, bool)[])[("5.16", false), ("5.17", true)])
        {
            byte[][] once = [Frame(0, "fragment1", final), Frame(1, "fragment2", final: false), Frame(0, "fragment3")];
            yield return Failed(id, 1002, [.. once, .. once]);
        }

        yield return Failed("5.18", 1002, [Frame(1, "fragment1", final: false), Frame(1, "fragment2")]);
        byte[][] five =
        [
            Frame(1, "fragment1", final: false), Frame(0, "fragment2", final: false), Frame(9, "pongme 1!"),
            Frame(0, "fragment3", final: false), Frame(0, "fragment4", final: false), Frame(9, "pongme 2!"), Frame(0, "fragment5"),
        ];
        Answer[] answers = [Pong("pongme 1!"), Pong("pongme 2!"), Text("fragment1fragment2fragment3fragment4fragment5")];
        yield return Echoed("5.19", [[.. five[..3].SelectMany(frame => frame)], [.. five[3..].SelectMany(frame => frame)]], answers) with { PausesBefore = 1 };
        yield return Echoed("5.20", five, answers) with { PausesBefore = 3 };
    }

    // The suite has three of each of these: as it comes, frame by frame, octet by octet.
    private static IEnumerable<(int Offset, Func<byte[][], byte[][]> Cut)> Cuts() =>
        [(0, frames => [[.. frames.SelectMany(frame => frame)]]), (1, frames => frames), (2, frames => Chopped(1, frames))];

    private static IEnumerable<AutobahnCase> Closing()
    {
        const string greeting = "Hello World!";
        byte[] notText = [.. "κόσμε"u8, 0xed, 0xa0, 0x80, .. "edited"u8];
        var close = RawFrame.ClientClose(1000);
        yield return Echoed("7.1.1", [Frame(1, greeting)], Text(greeting));
        yield return Closed("7.1.2", 1000, [close, Frame(8)]);
        yield return Closed("7.1.3", 1000, [close, Frame(9)]);
        yield return Closed("7.1.4", 1000, [close, Frame(1, greeting)]);
        yield return Closed("7.1.5", 1000, [Frame(1, "fragment1", final: false), close, Frame(0, "fragment2")]);
        var large = Repeat("BAsd7&jh23"u8, 256 << 10);

        // In one write: to a socket that its server has ended, a ping behind the close (which RFC 6455, section 5.5.1, forbids) is
        // answered by a reset, and what the client has not fetched yet of so much is lost.
        yield return Closed("7.1.6", 1000, [Frame(1, large), Frame(1, greeting), [.. close, .. Frame(9)]], new Answer(1, large), Text(greeting));
        yield return Closed("7.3.1", 1005, [Frame(8)]);
        yield return Closed("7.3.2", 1002, [Frame(8, "a")]);
        yield return Closed("7.3.3", 1000, [close]);
        yield return Closed("7.3.4", 1000, [RawFrame.ClientClose(1000, greeting)]);
        yield return Closed("7.3.5", 1000, [RawFrame.ClientClose(1000, new string('*', 123))]);
        yield return Closed("7.3.6", 1002, [RawFrame.ClientClose(1000, new string('*', 124))]);
        yield return Closed("7.5.1", 1007, [Frame(8, [0x03, 0xe8, .. notText])]);
        int[] valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
        int[] invalid = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
        int[] undefined = [5000, 65_535];
        for (var i = 0; i < valid.Length; i++)
        {
            yield return Closed($"7.7.{i + 1}", valid[i], [RawFrame.ClientClose(valid[i])]);
        }

        for (var i = 0; i < invalid.Length; i++)
        {
            yield return Closed($"7.9.{i + 1}", 1002, [RawFrame.ClientClose(invalid[i])]);
        }

        for (var i = 0; i < undefined.Length; i++)
        {
            yield return Closed($"7.13.{i + 1}", 1002, [RawFrame.ClientClose(undefined[i])]);
        }
    }

    private static AutobahnCase AutoFragment()
    {
        var payload = Repeat("*"u8, 65_536);
        return Echoed("10.1.1", Fragments(1, payload, 1300), new Answer(1, payload));
    }
}
