using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Channels.Benchmarks;

/// <summary>
/// A client that comes back with its position: what it has had, and what was wrong with that. For the loop's thread.
/// </summary>
/// <param name="group">The group that it follows.</param>
/// <param name="delays">Where it notes how late messages come; null for nowhere.</param>
internal sealed class HistoryClient(string group, LatencyHistogram? delays)
{
    private byte[] _epoch = [];

    /// <summary>The socket that it has or opens; null while it is away.</summary>
    internal HistorySocket? Socket { get; private set; }

    /// <summary>Whether it has been told where the history stands, on this connection.</summary>
    internal bool IsJoined { get; private set; }

    /// <summary>The number of the newest message when it first joined.</summary>
    internal long Start { get; private set; } = -1;

    /// <summary>The last message that it has.</summary>
    internal long Offset { get; private set; }

    /// <summary>Messages that came in order and for the first time.</summary>
    internal long InOrder { get; private set; }

    /// <summary>Messages that were skipped.</summary>
    internal long Lost { get; private set; }

    /// <summary>Messages that it had before.</summary>
    internal long Doubled { get; private set; }

    /// <summary>How often it was told that its position is gone.</summary>
    internal int Gone { get; private set; }

    /// <summary>Called when a connection has joined.</summary>
    internal Action<HistoryClient>? Joined { get; init; }

    /// <summary>Called when a connection has ended that nobody cut.</summary>
    internal Action<HistoryClient>? Ended { get; init; }

    /// <summary>Where the history begins, for a client that comes back with it.</summary>
    internal (byte[] Epoch, long Offset) Beginning => (_epoch, Start);

    /// <summary>Makes it a client that has had everything up to a position.</summary>
    internal void ComeBackTo((byte[] Epoch, long Offset) position) => (_epoch, Start, Offset) = (position.Epoch, position.Offset, position.Offset);

    /// <summary>A new connection to open, which comes back with the position if there is one.</summary>
    internal HistorySocket Connect()
    {
        IsJoined = false;
        var since = Start < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"?since={Encoding.ASCII.GetString(_epoch)}:{Offset}");
        return Socket = new HistorySocket($"/history/{group}{since}", this);
    }

    /// <summary>Cuts the connection, as a network does.</summary>
    internal void Cut(LoadLoop loop)
    {
        if (Socket is { } socket) loop.Close(socket);
        Socket = null;
        IsJoined = false;
    }

    internal void OnEnded(HistorySocket socket)
    {
        if (socket != Socket) return;
        Socket = null;
        IsJoined = false;
        Ended?.Invoke(this);
    }

    internal void OnMessage(HistorySocket socket, ReadOnlySpan<byte> json, long now)
    {
        if (socket != Socket || !TryRead(json, "\"offset\":"u8, out var number) || !Utf8Parser.TryParse(number, out long offset, out _)) return;
        if (json.StartsWith("{\"type\":\"joined\""u8)) OnJoined(json, offset);
        else OnPublished(json, offset, now);
    }

    private void OnJoined(ReadOnlySpan<byte> json, long newest)
    {
        TryRead(json, "\"epoch\":\""u8, out var epoch);
        if (Start < 0)
        {
            (Start, Offset) = (newest, newest);
            _epoch = epoch[..epoch.IndexOf((byte)'"')].ToArray();
        }
        else if (json.IndexOf("\"gone\":true"u8) >= 0)
        {
            Gone++;
            Lost += Math.Max(0, newest - Offset);
            Offset = newest;
            _epoch = epoch[..epoch.IndexOf((byte)'"')].ToArray();
        }

        IsJoined = true;
        Joined?.Invoke(this);
    }

    private void OnPublished(ReadOnlySpan<byte> json, long offset, long now)
    {
        if (offset <= Offset)
        {
            Doubled++;
            return;
        }

        Lost += offset - Offset - 1;
        InOrder += offset == Offset + 1 ? 1 : 0;
        Offset = offset;
        if (Stamp.TryRead(json, out var stamp)) delays?.Add(now - stamp.Ticks);
    }

    private static bool TryRead(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var at = json.IndexOf(name);
        value = at < 0 ? default : json[(at + name.Length)..];
        return at >= 0;
    }
}
