using System.IO.Pipelines;

namespace Channels.Benchmarks;

/// <summary>Writes every message back on the transport's own pipe.</summary>
internal sealed class LimitEcho(PipeWriter output) : LimitReceiver
{
    internal override void OnMessage(byte first, MaskedPayload payload)
    {
        var span = output.GetSpan(LimitFrames.HeaderSize(payload.Length) + payload.Length);
        output.Advance(LimitFrames.Write(span, first, payload));
    }

    internal override void OnClose()
    {
        ReadOnlySpan<byte> close = [0x88, 0x02, 0x03, 0xE8];
        close.CopyTo(output.GetSpan(close.Length));
        output.Advance(close.Length);
    }

    internal override async ValueTask FlushAsync() => await output.FlushAsync();
}
