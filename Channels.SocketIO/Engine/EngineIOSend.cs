using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;

namespace Channels.SocketIO;

/// <summary>
/// A message to the client, or a text with binary messages behind it that nothing else comes between. The same instance may
/// be sent to any number of sessions: what a transport makes of it is made once and shared. Thread-safe.
/// </summary>
public sealed record EngineIOSend : Event
{
    private const byte Message = (byte)'4';

    private readonly ReadOnlyMemory<byte> _packet; // the text with the packet's type in front; empty for none
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _binaries;
    private volatile Event[]? _frames;
    private volatile Event[]? _textFrames;
    private volatile byte[]? _payload;

    private EngineIOSend(ReadOnlyMemory<byte> packet, IReadOnlyList<ReadOnlyMemory<byte>> binaries)
        : base("engineio.send")
    {
        (_packet, _binaries) = (packet, binaries);
        Length = packet.Length;
        foreach (var binary in binaries)
        {
            Length += binary.Length;
        }
    }

    // A copy made by "with" is another message: what was made of the original may not fit it.
    private EngineIOSend(EngineIOSend original)
        : base(original)
    {
        (_packet, _binaries, Length) = (original._packet, original._binaries, original.Length);
        (Volatile, Compress) = (original.Volatile, original.Compress);
    }

    /// <summary>Asks a client whether it is there.</summary>
    internal static EngineIOSend Ping { get; } = Control(EnginePacketType.Ping);

    /// <summary>Tells a client that its session has ended.</summary>
    internal static EngineIOSend Close { get; } = Control(EnginePacketType.Close);

    /// <summary>Says nothing, so that a poll ends.</summary>
    internal static EngineIOSend Noop { get; } = Control(EnginePacketType.Noop);

    /// <summary>
    /// Whether the message is dropped when it cannot leave now: no poll is open, or the WebSocket is still writing. For what
    /// the next message replaces, such as a position. Default false.
    /// </summary>
    public bool Volatile { get; init; }

    /// <summary>Whether it may be compressed, where transport and client agree to it. Default true.</summary>
    public bool Compress { get; init; } = true;

    /// <summary>How many bytes it holds: what it counts against the limit of what may wait for a client.</summary>
    public int Length { get; }

    /// <summary>How many packets it is on the wire.</summary>
    internal int Count => _binaries.Count + (_packet.IsEmpty ? 0 : 1);

    /// <summary>Makes a text message.</summary>
    /// <param name="text">The text. U+001E stands between the packets of a poll, so no text holds it; JSON never does.</param>
    /// <exception cref="ArgumentException">The text holds U+001E or a lone surrogate.</exception>
    public static EngineIOSend FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var packet = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        packet[0] = Message;
        if (!System.Text.Unicode.Utf8.FromUtf16(text, packet.AsSpan(1), out _, out _, replaceInvalidSequences: false).Equals(System.Buffers.OperationStatus.Done))
        {
            throw new ArgumentException("The text holds half of a surrogate pair; it cannot be sent as UTF-8.", nameof(text));
        }

        return new(Checked(packet), []);
    }

    /// <summary>Makes a text message from UTF-8.</summary>
    /// <param name="utf8">Valid UTF-8, not checked again; copied. Must not hold U+001E.</param>
    /// <exception cref="ArgumentException">The text holds U+001E.</exception>
    public static EngineIOSend FromUtf8(ReadOnlySpan<byte> utf8)
    {
        var packet = new byte[utf8.Length + 1];
        packet[0] = Message;
        utf8.CopyTo(packet.AsSpan(1));
        return new(Checked(packet), []);
    }

    /// <summary>Makes a binary message.</summary>
    /// <param name="payload">The bytes; may be empty. The caller hands them over.</param>
    public static EngineIOSend FromBinary(ReadOnlyMemory<byte> payload) => new(default, [payload]);

    /// <summary>Makes a text message with binary messages behind it, which stay together on the wire.</summary>
    /// <param name="packet">
    /// The text as UTF-8 with the digit <c>4</c> in front, which is the packet's type: so that the caller writes it once and in
    /// place. Valid, without U+001E; not checked. The caller hands it over.
    /// </param>
    /// <param name="attachments">The binary messages; the caller hands them over.</param>
    /// <exception cref="ArgumentException">The packet does not begin with <c>4</c>.</exception>
    public static EngineIOSend FromPacket(ReadOnlyMemory<byte> packet, params IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        ArgumentNullException.ThrowIfNull(attachments);
        return packet.Length > 0 && packet.Span[0] == Message
            ? new(packet, attachments)
            : throw new ArgumentException("A message packet begins with the digit 4, its type.", nameof(packet));
    }

    /// <summary>The same instance only: what two messages hold is not compared.</summary>
    /// <param name="other">The other message.</param>
    public bool Equals(EngineIOSend? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    /// <summary>The packets for a WebSocket, one event each.</summary>
    /// <param name="binaryAsText">Whether the client takes no binary messages: they are base64 then.</param>
    internal ReadOnlySpan<Event> GetFrames(bool binaryAsText) => binaryAsText && _binaries.Count > 0
        ? _textFrames ?? Interlocked.CompareExchange(ref _textFrames!, MakeFrames(binaryAsText: true), null) ?? _textFrames
        : _frames ?? Interlocked.CompareExchange(ref _frames!, MakeFrames(binaryAsText: false), null) ?? _frames;

    /// <summary>The packets as part of a poll's body, with what separates them.</summary>
    internal ReadOnlyMemory<byte> GetPayload() => _binaries.Count == 0
        ? _packet // nothing to encode
        : _payload ?? Interlocked.CompareExchange(ref _payload!, MakePayload(), null) ?? _payload;

    private static EngineIOSend Control(EnginePacketType type) => new(new[] { (byte)('0' + type) }, []);

    private static byte[] Checked(byte[] packet) => packet.AsSpan().Contains(PollingPayload.Separator)
        ? throw new ArgumentException("The text holds U+001E, which separates packets; send it as a binary message.")
        : packet;

    private Event[] MakeFrames(bool binaryAsText)
    {
        var frames = new Event[Count];
        var next = 0;
        if (!_packet.IsEmpty)
        {
            frames[next++] = WebSocketSend.FromUtf8(_packet) with { DisableCompression = !Compress };
        }

        foreach (var binary in _binaries)
        {
            frames[next++] = (binaryAsText ? WebSocketSend.FromUtf8(ToBase64(binary)) : WebSocketSend.FromBinary(binary)) with { DisableCompression = !Compress };
        }

        return frames;
    }

    private byte[] MakePayload()
    {
        var length = _packet.Length + Count - 1;
        foreach (var binary in _binaries)
        {
            length += 1 + Base64.GetMaxEncodedToUtf8Length(binary.Length);
        }

        var payload = new byte[length];
        _packet.Span.CopyTo(payload);
        var written = _packet.Length;
        foreach (var binary in _binaries)
        {
            if (written > 0)
            {
                payload[written++] = PollingPayload.Separator;
            }

            written += WriteBase64(binary.Span, payload.AsSpan(written));
        }

        return payload;
    }

    private static byte[] ToBase64(ReadOnlyMemory<byte> binary)
    {
        var text = new byte[1 + Base64.GetMaxEncodedToUtf8Length(binary.Length)];
        WriteBase64(binary.Span, text);
        return text;
    }

    // Padded base64 has exactly the longest length, so nothing is left over.
    private static int WriteBase64(ReadOnlySpan<byte> binary, Span<byte> target)
    {
        target[0] = PollingPayload.Binary;
        Base64.EncodeToUtf8(binary, target[1..], out _, out var written);
        return written + 1;
    }
}
