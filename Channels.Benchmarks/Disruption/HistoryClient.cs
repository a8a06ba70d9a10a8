using System.Globalization;
using System.Text;

namespace Channels.Benchmarks;

/// <summary>A client of <c>/history/{group}</c>, which comes back with its position.</summary>
/// <param name="group">The group that it follows.</param>
/// <param name="delays">Where it notes how late messages come; null for nowhere.</param>
internal sealed class HistoryClient(string group, LatencyHistogram? delays) : ResumingClient(delays)
{
    private const byte FinalText = 0x81;
    private byte[] _epoch = [];

    /// <summary>Where the history begins, for a client that comes back with it.</summary>
    internal (byte[] Epoch, long Offset) Beginning => (_epoch, Start);

    protected override string Path => $"/history/{group}" + (Start < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"?since={Encoding.ASCII.GetString(_epoch)}:{Offset}"));

    /// <summary>Makes it a client that has had everything up to a position.</summary>
    internal void ComeBackTo((byte[] Epoch, long Offset) position) => (_epoch, Start, Offset) = (position.Epoch, position.Offset, position.Offset);

    internal override void Publish(ReadOnlySpan<byte> text) => Socket!.Send(ClientFrame.Encode(FinalText, text)); // joined, so there is one

    protected override void OnMessage(ReadOnlySpan<byte> text, long now)
    {
        if (!TryReadNumber(text, "\"offset\":"u8, out var offset)) return;
        if (!text.StartsWith("{\"type\":\"joined\""u8))
        {
            OnPublished(text, offset, now);
            return;
        }

        var gone = text.IndexOf("\"gone\":true"u8) >= 0;
        if (gone || _epoch.Length == 0) _epoch = ReadText(text, "\"epoch\":\""u8) ?? [];
        OnJoined(offset, gone);
    }
}
