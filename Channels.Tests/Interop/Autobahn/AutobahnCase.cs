using System.Text;
using Channels.Tests.Kestrel.WebSockets;

namespace Channels.Tests.Interop.Autobahn;

/// <summary>How the octets of a case are cut.</summary>
public enum Delivery
{
    /// <summary>As the case says.</summary>
    AsDescribed,

    /// <summary>All of them in one write, our close frame included.</summary>
    InOneWrite,

    /// <summary>One by one, our close frame included.</summary>
    OctetByOctet,
}

/// <summary>What an echo server sends, close frames aside: a message (opcode 1 or 2) or a pong (10).</summary>
internal readonly record struct Answer(int Opcode, ReadOnlyMemory<byte> Payload);

/// <summary>
/// One case of the Autobahn test suite: what its client writes, and what an echo server answers when it is strict. What the
/// suite leaves open ("informational") is exact here.
/// </summary>
/// <param name="Id">The suite's number.</param>
/// <param name="Writes">What is written, write by write.</param>
/// <param name="Answers">What comes back before the close frame.</param>
/// <param name="Code">The code of the server's close frame; 1005 for one without.</param>
internal sealed record AutobahnCase(string Id, byte[][] Writes, Answer[] Answers, int Code)
{
    /// <summary>The server closes by itself, because the connection fails.</summary>
    public bool Fails { get; private init; }

    /// <summary>The writes hold our close frame already.</summary>
    public bool HoldsClose { get; private init; }

    /// <summary>Before this write an answer is waited for; 0 for none.</summary>
    public int PausesBefore { get; init; }

    /// <summary>This write and those behind it are not made, because the server has failed the connection already; 0 for none.</summary>
    public int NeverReaches { get; init; }

    public int Group => int.Parse(Id[..Id.IndexOf('.', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Everything is answered; then we close, and the server agrees.</summary>
    public static AutobahnCase Echoed(string id, byte[][] writes, params Answer[] answers) => new(id, writes, answers, 1000);

    /// <summary>The server fails the connection, after the answers to what came before.</summary>
    public static AutobahnCase Failed(string id, int code, byte[][] writes, params Answer[] answers) => new(id, writes, answers, code) { Fails = true };

    /// <summary>The writes close, or try to.</summary>
    public static AutobahnCase Closed(string id, int code, byte[][] writes, params Answer[] answers) => new(id, writes, answers, code) { HoldsClose = true };

    public static Answer Text(string text) => new(1, Encoding.UTF8.GetBytes(text));

    public static Answer Pong(string text) => new(10, Encoding.UTF8.GetBytes(text));

    public static byte[] Frame(int opcode, ReadOnlySpan<byte> payload, bool final = true, int reserved = 0) => RawFrame.Client(opcode, payload, final, reserved);

    public static byte[] Frame(int opcode, string payload = "", bool final = true, int reserved = 0) => Frame(opcode, Encoding.UTF8.GetBytes(payload), final, reserved);

    /// <summary>A message in frames of a size; the last may be shorter, and an empty message is one frame.</summary>
    public static byte[][] Fragments(int opcode, ReadOnlyMemory<byte> payload, int size, int reserved = 0)
    {
        var frames = new List<byte[]>();
        for (var start = 0; start == 0 || start < payload.Length; start += size)
        {
            var end = Math.Min(payload.Length, start + size);
            frames.Add(Frame(start == 0 ? opcode : 0, payload.Span[start..end], end == payload.Length, start == 0 ? reserved : 0));
        }

        return [.. frames];
    }

    /// <summary>The same octets in pieces of a size.</summary>
    public static byte[][] Chopped(int size, params byte[][] writes) => [.. writes.SelectMany(write => write.Chunk(size))];

    /// <summary>A pattern repeated up to a length.</summary>
    public static byte[] Repeat(ReadOnlySpan<byte> pattern, int length)
    {
        var all = new byte[length];
        for (var i = 0; i < length; i++)
        {
            all[i] = pattern[i % pattern.Length];
        }

        return all;
    }

    public override string ToString() => Id;
}
