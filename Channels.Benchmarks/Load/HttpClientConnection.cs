namespace Channels.Benchmarks;

/// <summary>One keep-alive connection that asks again as soon as it has the whole answer.</summary>
internal sealed class HttpClientConnection(byte[] request, HttpDriver driver) : LoadConnection
{
    private byte[] _partial = [];
    private long _sent;

    internal override void OnConnected() => Ask();

    internal override void OnBytes(ReadOnlySpan<byte> bytes, long now)
    {
        if (_partial.Length > 0) bytes = (byte[])[.. _partial, .. bytes];
        var size = HttpAnswer.Size(bytes);
        if (size < 0 || size > bytes.Length)
        {
            _partial = bytes.ToArray();
            return;
        }

        _partial = [];
        driver.OnAnswer(now - _sent, bytes.StartsWith("HTTP/1.1 200 "u8));
        Ask();
    }

    internal override void OnEnded(string reason) => driver.OnEnded(reason);

    private void Ask()
    {
        _sent = System.Diagnostics.Stopwatch.GetTimestamp();
        Send(request);
    }
}
