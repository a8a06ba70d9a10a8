using System.Buffers;
using System.Text.Unicode;
using Channels.Kestrel;
using Channels.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>The reader of frames against a model that knows the frames before they are octets.</summary>
public sealed class FrameProperties
{
    private sealed record Frame(int Opcode, byte[] Payload, bool Final, int Reserved, bool Masked, int LengthForm)
    {
        public byte[] Octets => RawFrame.Client(Opcode, Payload, Final, Reserved, Masked, lengthForm: LengthForm);
    }

    [Test]
    [Proves("SEC-20", "W-15")]
    public void The_reader_sees_what_the_model_sees_however_the_octets_are_cut()
    {
        var cases =
            from count in Gen.Choose(1, 8)
            from frames in Frames().ArrayOf(count)
            from cut in Gen.Choose(1, 40)
            select (Frames: frames, Cut: cut);
        Prop.ForAll(cases.ToArbitrary(), test => Read(test.Frames, test.Cut) == Model(test.Frames)).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private static Gen<Frame> Frames() =>
        from opcode in Gen.Frequency((12, Gen.Elements(0, 1, 2)), (4, Gen.Elements(8, 9, 10)), (1, Gen.Elements(3, 7, 11, 15)))
        from payload in Gen.OneOf(Gen.Elements("κόσμε"u8.ToArray(), [0xce], [0xba], [0xf4], [0x90], []), Gen.Choose(0, 300).Select(length => AsciiOf(length)))
        from final in Gen.Frequency((3, Gen.Constant(true)), (2, Gen.Constant(false)))
        from reserved in Gen.Frequency((30, Gen.Constant(0)), (1, Gen.Elements(1, 2, 4)))
        from masked in Gen.Frequency((40, Gen.Constant(true)), (1, Gen.Constant(false)))
        from form in Gen.Frequency((30, Gen.Constant(0)), (1, Gen.Elements(2, 8)))
        select new Frame(opcode, payload, final || opcode >= 8, reserved, masked, form);

    private static byte[] AsciiOf(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)('a' + (i % 26)))];

    // RFC 6455, sections 5.2 to 5.6, frame by frame: what the reader tells of each message and control frame, and the code it fails with.
    private static string Model(IEnumerable<Frame> frames)
    {
        var story = new List<string>();
        List<byte>? message = null;
        var isText = false;
        foreach (var frame in frames)
        {
            var control = frame.Opcode >= 8;
            if (frame.Reserved != 0 || frame.Opcode is (> 2 and < 8) or > 10 || !frame.Masked || (control && (!frame.Final || frame.Payload.Length > 125 || frame.LengthForm != 0))
                || (frame.LengthForm == 2 && frame.Payload.Length < 126) || frame.LengthForm == 8
                || (frame.Opcode == 0 && message is null) || (frame.Opcode is 1 or 2 && message is not null))
            {
                return string.Join(' ', [.. story, "1002"]);
            }

            if (control)
            {
                story.Add($"{frame.Opcode}:{Convert.ToHexString(frame.Payload)}");
                continue;
            }

            isText = frame.Opcode == 0 ? isText : frame.Opcode == 1;
            message ??= [];
            message.AddRange(frame.Payload);
            if (isText && !IsTextSoFar([.. message], frame.Final))
            {
                return string.Join(' ', [.. story, "1007"]);
            }

            if (frame.Final)
            {
                story.Add($"{(isText ? 1 : 2)}:{Convert.ToHexString([.. message])}");
                message = null;
            }
        }

        return string.Join(' ', story);
    }

    // Valid, or a beginning of something valid: some end makes it so.
    private static bool IsTextSoFar(byte[] text, bool complete)
    {
        byte[][] ends = [[], [0x80], [0xbf], [0x80, 0x80], [0xbf, 0xbf], [0x90, 0x80, 0x80], [0x80, 0x80, 0x80]];
        return complete ? Utf8.IsValid(text) : ends.Any(end => Utf8.IsValid([.. text, .. end]));
    }

    private static string Read(IEnumerable<Frame> frames, int cut)
    {
        var story = new List<string>();
        using var reader = new MessageReader(1 << 20, 0);
        byte[] rest = [];
        foreach (var part in frames.SelectMany(frame => frame.Octets).Chunk(cut))
        {
            var input = Sequences.Of(rest, part);
            ReadOutcome outcome;
            while ((outcome = reader.Read(ref input)) is not (ReadOutcome.NeedMore or ReadOutcome.Fault))
            {
                var told = outcome switch
                {
                    ReadOutcome.Message => $"{(int)reader.Kind}:{Convert.ToHexString(reader.TakeMessage())}",
                    ReadOutcome.Close => $"8:{Convert.ToHexString(reader.Control)}",
                    ReadOutcome.Ping => $"9:{Convert.ToHexString(reader.Control)}",
                    ReadOutcome.Pong => $"10:{Convert.ToHexString(reader.Control)}",
                    _ => null,
                };
                if (told is not null)
                {
                    story.Add(told);
                }
            }

            if (outcome == ReadOutcome.Fault)
            {
                return string.Join(' ', [.. story, $"{reader.Fault!.Code}"]);
            }

            rest = input.ToArray();
        }

        return string.Join(' ', story);
    }
}
