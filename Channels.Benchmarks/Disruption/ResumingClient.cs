using System.Buffers.Text;

namespace Channels.Benchmarks;

/// <summary>
/// A client that comes back and says what it has had: what it got, and what was wrong with that. For the loop's thread.
/// </summary>
/// <param name="delays">Where it notes how late messages come; null for nowhere.</param>
internal abstract class ResumingClient(LatencyHistogram? delays)
{
    /// <summary>The socket that it has or opens; null while it is away.</summary>
    internal ResumingSocket? Socket { get; private set; }

    /// <summary>Whether it has been told which message is the newest, on this connection.</summary>
    internal bool IsJoined { get; private set; }

    /// <summary>The number of the newest message when it first joined.</summary>
    internal long Start { get; private protected set; } = -1;

    /// <summary>The last message that it has.</summary>
    internal long Offset { get; private protected set; }

    /// <summary>Messages that came in order and for the first time.</summary>
    internal long InOrder { get; private set; }

    /// <summary>Messages that were skipped.</summary>
    internal long Lost { get; private set; }

    /// <summary>Messages that it had before.</summary>
    internal long Doubled { get; private set; }

    /// <summary>How often it was told that what it missed is gone.</summary>
    internal int Gone { get; private set; }

    /// <summary>Called when a connection has joined.</summary>
    internal Action<ResumingClient>? Joined { get; set; }

    /// <summary>Called when a connection has ended that nobody cut.</summary>
    internal Action<ResumingClient>? Ended { get; set; }

    /// <summary>Where it connects, with what it says of itself.</summary>
    protected abstract string Path { get; }

    /// <summary>Has a text published to all; it must have joined.</summary>
    internal abstract void Publish(ReadOnlySpan<byte> text);

    /// <summary>A new connection to open.</summary>
    internal ResumingSocket Connect()
    {
        IsJoined = false;
        return Socket = new ResumingSocket(Path, this);
    }

    /// <summary>Cuts the connection, as a network does.</summary>
    internal void Cut(LoadLoop loop)
    {
        if (Socket is { } socket) loop.Close(socket);
        Socket = null;
        IsJoined = false;
    }

    internal void OnEnded(ResumingSocket socket)
    {
        if (socket != Socket) return;
        Socket = null;
        IsJoined = false;
        Ended?.Invoke(this);
    }

    internal void OnMessage(ResumingSocket socket, ReadOnlySpan<byte> text, long now)
    {
        if (socket == Socket) OnMessage(text, now);
    }

    /// <summary>A message has come on the connection that it has.</summary>
    protected abstract void OnMessage(ReadOnlySpan<byte> text, long now);

    /// <summary>The server has said which message is the newest, and whether what was missed will not come.</summary>
    protected void OnJoined(long newest, bool gone)
    {
        if (Start < 0) (Start, Offset) = (newest, newest);
        if (gone)
        {
            Gone++;
            Lost += Math.Max(0, newest - Offset);
            Offset = newest;
        }

        IsJoined = true;
        Joined?.Invoke(this);
    }

    /// <summary>A published message has come.</summary>
    protected void OnPublished(ReadOnlySpan<byte> text, long offset, long now)
    {
        if (offset <= Offset)
        {
            Doubled++;
            return;
        }

        Lost += offset - Offset - 1;
        InOrder += offset == Offset + 1 ? 1 : 0;
        Offset = offset;
        if (Stamp.TryRead(text, out var stamp)) delays?.Add(now - stamp.Ticks);
    }

    /// <summary>The number behind a name, if both are there.</summary>
    private protected static bool TryReadNumber(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, out long number)
    {
        number = 0;
        return text.IndexOf(name) is >= 0 and var at && Utf8Parser.TryParse(text[(at + name.Length)..], out number, out _);
    }

    /// <summary>The text behind a name up to the next quotation mark; null when it is not there.</summary>
    private protected static byte[]? ReadText(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name) =>
        text.IndexOf(name) is >= 0 and var at && text[(at + name.Length)..] is var rest && rest.IndexOf((byte)'"') is >= 0 and var end ? rest[..end].ToArray() : null;
}
