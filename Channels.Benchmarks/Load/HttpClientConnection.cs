namespace Channels.Benchmarks;

/// <summary>One keep-alive connection that asks again as soon as it has the whole answer.</summary>
internal sealed class HttpClientConnection(byte[] request, HttpDriver driver) : HttpLoadConnection
{
    private long _sent;

    internal override void OnConnected() => Ask();

    protected override void OnAnswer(ReadOnlySpan<byte> answer, bool succeeded, long now)
    {
        driver.OnAnswer(now - _sent, succeeded);
        Ask();
    }

    internal override void OnEnded(string reason) => driver.OnEnded(reason);

    private void Ask()
    {
        _sent = System.Diagnostics.Stopwatch.GetTimestamp();
        Send(request);
    }
}
