using System.Text;
using Channels.Kestrel;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class TextCheckTests
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private static readonly string[] Good =
    [
        "", "48656c6c6f", "ceba", "e1bdb9", "00", "7f", "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbd", "efbfbe", "efbfbf",
        "f0908080", "f48fbfbf", "f09fbfbe", "f48fbfbe", "cebae1bdb9cf83cebcceb5",
    ];

    private static readonly string[] Bad =
    [
        "80", "bf", "8080", "c0", "c080", "c1bf", "c2", "e0", "e080", "e08080", "e09fbf", "ed", "eda0", "eda080", "edbfbf", "f0", "f080", "f0808080",
        "f08fbfbf", "f4", "f490", "f4908080", "f5", "f8", "f888808080", "fc8480808080", "fe", "ff", "c22f", "e1bd2f", "f09080", "ceba80",
        "eda080edb080", "edb080",
    ];

    [TestCaseSource(nameof(Good))]
    [Proves("W-42")]
    public void Valid_text_passes(string hex)
    {
        var text = Convert.FromHexString(hex);
        Assert.That(TextCheck.ValidPrefix(text), Is.EqualTo(text.Length));
    }

    [TestCaseSource(nameof(Bad))]
    [Proves("W-43")]
    public void Invalid_text_is_never_whole(string hex)
    {
        var text = Convert.FromHexString(hex);
        Assert.That(TextCheck.ValidPrefix(text), Is.Not.EqualTo(text.Length));
    }

    [Test]
    [Proves("W-45")]
    public void The_octet_that_makes_text_invalid_is_refused_at_once()
    {
        // Every three-octet start: refused exactly when no continuation makes it valid.
        Span<byte> start = stackalloc byte[3];
        Span<byte> longest = stackalloc byte[6];
        for (var a = 0; a < 256; a++)
        {
            for (var b = 0; b < 256; b++)
            {
                (start[0], start[1]) = ((byte)a, (byte)b);
                var isAlive = CanContinue(start[..2], longest); // what is not is not with a third octet either
                for (var c = 0x7e; c < 0xc2; c++)
                {
                    (start[0], start[1], start[2]) = ((byte)a, (byte)b, (byte)c);
                    var refused = TextCheck.ValidPrefix(start) < 0;
                    if (refused == (isAlive && CanContinue(start, longest)))
                    {
                        Assert.Fail($"{a:x2} {b:x2} {c:x2}: refused {refused}");
                    }
                }
            }
        }
    }

    [Test]
    [Proves("W-44")]
    public void Any_split_of_valid_text_is_valid()
    {
        var text = Encoding.UTF8.GetBytes("κόσμε 𐀀 \U0010FFFF end é");
        for (var cut = 0; cut <= text.Length; cut++)
        {
            var first = TextCheck.ValidPrefix(text.AsSpan(0, cut));
            Assert.That(first, Is.InRange(Math.Max(0, cut - 3), cut));
            Assert.That(TextCheck.ValidPrefix(text.AsSpan(first)), Is.EqualTo(text.Length - first));
        }
    }

    // 0x80 and 0xBF are the extremes of every range; 0x90 and 0xA0 lie inside the narrowed ones.
    private static ReadOnlySpan<byte> Continuations => [0x80, 0x90, 0xA0, 0xBF];

    private static bool CanContinue(ReadOnlySpan<byte> start, Span<byte> longest)
    {
        start.CopyTo(longest);
        for (var more = 0; more <= 3; more++)
        {
            foreach (var next in Continuations)
            {
                longest[start.Length..].Fill(next);
                if (IsValid(longest[..(start.Length + more)]))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsValid(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out _, out var used) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            text = text[used..];
        }

        return true;
    }

    [Test]
    public void The_strict_encoding_agrees_on_random_octets()
    {
        var random = new Random(7);
        var bytes = new byte[40];
        for (var round = 0; round < 100_000; round++)
        {
            random.NextBytes(bytes);
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] = random.Next(4) == 0 ? bytes[i] : (byte)(bytes[i] & 0x7f);
            }

            var text = bytes.AsSpan(0, random.Next(6));
            Assert.That(TextCheck.ValidPrefix(text) == text.Length, Is.EqualTo(Decodes(text)));
        }
    }

    private static bool Decodes(ReadOnlySpan<byte> text)
    {
        try
        {
            Strict.GetCharCount(text);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
