using System.IO.Compression;

namespace Channels.Kestrel;

/// <summary>Deflates messages (RFC 7692, section 7.2.1): one stream, flushed behind each message, its tail cut off.</summary>
internal sealed class MessageDeflater : IDisposable
{
    // What a flush ends with; the receiver adds it again.
    private const int TailLength = 4;

    private readonly MemoryStream _output = new();
    private readonly DeflateStream _deflating;

    public MessageDeflater() => _deflating = new DeflateStream(_output, CompressionLevel.Fastest, leaveOpen: true);

    /// <summary>The compressed message, valid until the next call.</summary>
    public ReadOnlySpan<byte> Deflate(ReadOnlySpan<byte> message)
    {
        if (message.IsEmpty)
        {
            return [0x00]; // an empty block: the stream has nothing to flush (RFC 7692, section 7.2.3.6)
        }

        _output.SetLength(0);
        _deflating.Write(message);
        _deflating.Flush();
        return _output.GetBuffer().AsSpan(0, (int)_output.Length - TailLength);
    }

    public void Dispose()
    {
        _deflating.Dispose();
        _output.Dispose();
    }
}
