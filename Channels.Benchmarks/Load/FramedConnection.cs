using System.Buffers.Binary;

namespace Channels.Benchmarks;

/// <summary>Splits what a server sends into frames by their lengths; payloads are handed on in the parts they came in.</summary>
internal abstract class FramedConnection : LoadConnection
{
    private const int MaxHeaderBytes = 10;
    private const int MaxControlBytes = 125;

    private readonly byte[] _header = new byte[MaxHeaderBytes];
    private int _headerLength;
    private byte _first;
    private long _remaining = -1;
    private byte[]? _control;
    private int _controlLength;

    /// <summary>A part of a data message; <paramref name="last"/> when the message ends with it.</summary>
    protected abstract void OnPart(ReadOnlySpan<byte> part, bool last, long now);

    /// <summary>A whole ping, pong or close frame.</summary>
    protected abstract void OnControl(byte opcode, ReadOnlySpan<byte> payload);

    protected void ReadFrames(ReadOnlySpan<byte> bytes, long now)
    {
        while (Descriptor >= 0)
        {
            if (_remaining < 0 && !ReadHeader(ref bytes)) return;
            var take = (int)Math.Min(bytes.Length, _remaining);
            if (take == 0 && _remaining > 0) return;
            var part = bytes[..take];
            bytes = bytes[take..];
            _remaining -= take;
            var ends = _remaining == 0;
            if (ends) _remaining = -1;
            if ((_first & 0x08) == 0) OnPart(part, ends && (_first & 0x80) != 0, now);
            else KeepControl(part, ends);
        }
    }

    private bool ReadHeader(ref ReadOnlySpan<byte> bytes)
    {
        if (_headerLength == 0)
        {
            var size = HeaderSize(bytes);
            if (size <= bytes.Length)
            {
                Parse(bytes);
                bytes = bytes[size..];
                return true;
            }
        }

        while (!bytes.IsEmpty)
        {
            _header[_headerLength++] = bytes[0];
            bytes = bytes[1..];
            if (HeaderSize(_header.AsSpan(0, _headerLength)) != _headerLength) continue;
            Parse(_header);
            _headerLength = 0;
            return true;
        }

        return false;
    }

    private static int HeaderSize(ReadOnlySpan<byte> bytes) => bytes.Length < 2 ? 2 : bytes[1] switch
    {
        <= 125 => 2,
        126 => 4,
        127 => MaxHeaderBytes,
        _ => throw new InvalidDataException("The server sent a masked frame."),
    };

    private void Parse(ReadOnlySpan<byte> header)
    {
        _first = header[0];
        _remaining = header[1] switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(header[2..]),
            127 => BinaryPrimitives.ReadInt64BigEndian(header[2..]),
            var length => length,
        };
    }

    private void KeepControl(ReadOnlySpan<byte> part, bool ends)
    {
        _control ??= new byte[MaxControlBytes];
        part.CopyTo(_control.AsSpan(_controlLength));
        _controlLength += part.Length;
        if (!ends) return;
        var length = _controlLength;
        _controlLength = 0;
        OnControl((byte)(_first & 0x0F), _control.AsSpan(0, length));
    }
}
