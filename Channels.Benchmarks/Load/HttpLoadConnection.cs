namespace Channels.Benchmarks;

/// <summary>A keep-alive connection of the load generator: what comes is put together to whole answers.</summary>
internal abstract class HttpLoadConnection : LoadConnection
{
    private byte[] _partial = [];

    internal sealed override void OnBytes(ReadOnlySpan<byte> bytes, long now)
    {
        if (_partial.Length > 0) bytes = (byte[])[.. _partial, .. bytes];
        var size = HttpAnswer.Size(bytes);
        if (size < 0 || size > bytes.Length)
        {
            _partial = bytes.ToArray();
            return;
        }

        _partial = [];
        OnAnswer(bytes, bytes.StartsWith("HTTP/1.1 200 "u8), now);
    }

    /// <summary>An answer is there as a whole.</summary>
    protected abstract void OnAnswer(ReadOnlySpan<byte> answer, bool succeeded, long now);
}
