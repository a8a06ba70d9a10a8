using System.Text;

namespace Channels.Benchmarks;

/// <summary>One WebSocket of a client that comes back; it lives until it is cut or fails.</summary>
/// <param name="path">Path and query.</param>
/// <param name="owner">Whose it is.</param>
internal sealed class ResumingSocket(string path, ResumingClient owner) : FramedConnection
{
    private const byte FinalPong = 0x8A;

    private byte[] _kept = [];
    private bool _open;

    internal override void OnConnected() => Send(Encoding.ASCII.GetBytes(
        $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"));

    internal override void OnBytes(ReadOnlySpan<byte> bytes, long now)
    {
        if (_open)
        {
            ReadFrames(bytes, now);
            return;
        }

        byte[] whole = [.. _kept, .. bytes];
        var end = whole.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            _kept = whole;
            return;
        }

        _kept = [];
        if (!whole.AsSpan().StartsWith("HTTP/1.1 101"u8))
        {
            Loop!.Close(this);
            OnEnded("refused");
            return;
        }

        _open = true;
        ReadFrames(whole.AsSpan(end + 4), now);
    }

    internal override void OnEnded(string reason) => owner.OnEnded(this);

    protected override void OnPart(ReadOnlySpan<byte> part, bool last, long now)
    {
        if (!last)
        {
            _kept = [.. _kept, .. part];
        }
        else if (_kept.Length == 0)
        {
            owner.OnMessage(this, part, now);
        }
        else
        {
            byte[] whole = [.. _kept, .. part];
            _kept = [];
            owner.OnMessage(this, whole, now);
        }
    }

    protected override void OnControl(byte opcode, ReadOnlySpan<byte> payload)
    {
        if (opcode == 9) Send(ClientFrame.Encode(FinalPong, payload));
    }
}
