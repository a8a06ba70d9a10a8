using System.IO.Compression;

namespace Channels.Kestrel;

/// <summary>
/// Inflates the messages of one connection (RFC 7692, section 7.2.2) in small steps, and stops one byte behind the
/// limit: a bomb never unfolds.
/// </summary>
/// <param name="keepsWindow">
/// True when the peer may refer back to earlier messages; then the window (about 40 KiB) lives as long as the
/// connection, otherwise as long as a message.
/// </param>
internal sealed class MessageInflater(bool keepsWindow) : IDisposable
{
    private const int Step = 16 * 1024;

    // Sync flush: what the sender has cut off behind the message (RFC 7692, section 7.2.1).
    private static ReadOnlySpan<byte> Tail => [0x00, 0x00, 0xff, 0xff];

    // An empty final block: only at the end of a block can the stream be finished by it.
    private static ReadOnlySpan<byte> FinalBlock => [0x03, 0x00];

    private InputStream? _input;
    private DeflateStream? _inflating;

    /// <summary>Inflates what is there of a message.</summary>
    /// <returns>What is wrong, or null.</returns>
    public WebSocketFault? Inflate(ReadOnlySpan<byte> compressed, MessageBuffer target, long limit)
    {
        if (_inflating is null)
        {
            _input = new InputStream();
            _inflating = new DeflateStream(_input, CompressionMode.Decompress);
        }

        _input!.Set(compressed); // made together with _inflating
        try
        {
            while (true)
            {
                // Room for one byte more than allowed: if that is used, the message is too long.
                var room = target.GetRoom((int)Math.Min(Step, limit - target.Length + 1));
                if (room.IsEmpty)
                {
                    return WebSocketFault.Overloaded;
                }

                var count = _inflating.Read(room);
                target.Advance(count);
                if (target.Length > limit)
                {
                    return WebSocketFault.MessageTooLong;
                }

                if (count == 0)
                {
                    return null;
                }
            }
        }
        catch (InvalidDataException)
        {
            return WebSocketFault.NotDeflated;
        }
    }

    /// <summary>The message's last frame is in: inflates the cut-off tail and checks that the data was whole.</summary>
    /// <returns>What is wrong, or null.</returns>
    public WebSocketFault? EndMessage(MessageBuffer target, long limit)
    {
        if (Inflate(Tail, target, limit) is { } fault)
        {
            return fault;
        }

        if (IsFinished())
        {
            Dispose(); // the peer ended the stream with BFINAL; its next message begins a new one
            return null;
        }

        if (keepsWindow)
        {
            return null;
        }

        var length = target.Length;
        fault = Inflate(FinalBlock, target, limit);
        var whole = fault is null && target.Length == length && IsFinished();
        Dispose();
        return whole ? null : fault ?? WebSocketFault.NotDeflated;
    }

    public void Dispose()
    {
        _inflating?.Dispose();
        _input?.Dispose();
        (_inflating, _input) = (null, null);
    }

    // A finished stream does not ask for more input.
    private bool IsFinished()
    {
        _input!.WasAsked = false;
        Span<byte> nothing = stackalloc byte[1];
        return _inflating!.Read(nothing) == 0 && !_input.WasAsked;
    }

    // Gives the decompressor what has come so far, and "nothing now" afterwards; it can be asked again later.
    private sealed class InputStream : Stream
    {
        private readonly byte[] _octets = new byte[1024];
        private int _position;
        private int _length;

        public bool WasAsked { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Set(ReadOnlySpan<byte> octets)
        {
            octets.CopyTo(_octets);
            (_position, _length) = (0, octets.Length);
        }

        public override int Read(Span<byte> buffer)
        {
            WasAsked = true;
            var count = Math.Min(buffer.Length, _length - _position);
            _octets.AsSpan(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
