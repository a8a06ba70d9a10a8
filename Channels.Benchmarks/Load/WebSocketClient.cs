using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Channels.Benchmarks;

/// <summary>A WebSocket client that knows just enough: handshake, greeting, lengths, stamps, pong and close.</summary>
internal sealed class WebSocketClient(Dialect dialect, IClientObserver observer) : FramedConnection
{
    private const int HeadBytes = 256;
    private const byte FinalText = 0x81;
    private const byte FinalClose = 0x88;
    private const byte FinalPong = 0x8A;

    private byte[]? _head;
    private int _headLength;
    private int _step;
    private int _closeCode; // what the server closed with; 0 while it has not

    internal ClientState State { get; private set; } = ClientState.Connecting;

    /// <summary>Number of the group this client is in.</summary>
    internal int Group { get; init; }

    /// <summary>Order, loss and duplication of what this client received, for each source that it hears.</summary>
    internal SequenceCheck[] Checks { get; init; } = [new()];

    internal override void OnConnected()
    {
        State = ClientState.Upgrading;
        Send(Encoding.ASCII.GetBytes(
            $"GET {dialect.Path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"));
    }

    internal override void OnBytes(ReadOnlySpan<byte> bytes, long now)
    {
        if (State == ClientState.Upgrading && !FinishUpgrade(ref bytes)) return;
        ReadFrames(bytes, now);
    }

    internal override void OnEnded(string reason)
    {
        var expected = State == ClientState.Closing;
        var during = State;
        State = ClientState.Ended;
        var code = _closeCode == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" with {_closeCode}");
        observer.OnEnded(this, $"{reason}{code} ({during}{Answer(during)})", expected);
    }

    internal void SendText(string text) => Send(ClientFrame.Encode(FinalText, Encoding.UTF8.GetBytes(text)));

    /// <summary>Starts the closing handshake with 1000.</summary>
    internal void StartClose()
    {
        State = ClientState.Closing;
        Send(ClientFrame.Encode(FinalClose, [0x03, 0xE8]));
    }

    protected override void OnPart(ReadOnlySpan<byte> part, bool last, long now)
    {
        if (!dialect.Records)
        {
            if (last) Complete(part, now);
            else Keep(part);
            return;
        }

        while (true)
        {
            var end = part.IndexOf(Dialect.RecordSeparator);
            if (end < 0) break;
            Complete(part[..end], now);
            part = part[(end + 1)..];
        }

        Keep(part);
    }

    protected override void OnControl(byte opcode, ReadOnlySpan<byte> payload)
    {
        if (opcode == 9) Send(ClientFrame.Encode(FinalPong, payload));
        if (opcode != 8) return;
        if (payload.Length >= 2) _closeCode = BinaryPrimitives.ReadUInt16BigEndian(payload);
        if (State != ClientState.Closing) Send(ClientFrame.Encode(FinalClose, payload.Length >= 2 ? payload[..2] : []));
    }

    private void Complete(ReadOnlySpan<byte> part, long now)
    {
        if (_headLength > 0)
        {
            Keep(part);
            part = _head.AsSpan(0, _headLength);
            _headLength = 0;
        }

        if (dialect.Heartbeat is { } beat && part.SequenceEqual(beat.Ask)) SendText(beat.Answer);
        else if (State == ClientState.Greeting) Greet(part);
        else if (Stamp.TryRead(part, out var stamp)) observer.OnDelivery(this, stamp, now);
    }

    // Of a message that comes in parts only the beginning is kept: it holds the stamp.
    private void Keep(ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty || _headLength == HeadBytes) return;
        _head ??= new byte[HeadBytes];
        var take = Math.Min(part.Length, HeadBytes - _headLength);
        part[..take].CopyTo(_head.AsSpan(_headLength));
        _headLength += take;
    }

    private bool FinishUpgrade(ref ReadOnlySpan<byte> bytes)
    {
        var whole = bytes;
        if (_headLength > 0)
        {
            Array.Resize(ref _head, _headLength + bytes.Length);
            bytes.CopyTo(_head.AsSpan(_headLength));
            whole = _head;
        }

        var end = whole.IndexOf("\r\n\r\n"u8);
        if (end < 0 || !whole.StartsWith("HTTP/1.1 101"u8))
        {
            _head = whole.ToArray();
            _headLength = _head.Length;
            if (end >= 0)
            {
                Loop!.Close(this);
                OnEnded("handshake refused");
            }

            return false;
        }

        bytes = whole[(end + 4)..];
        _head = null;
        _headLength = 0;
        State = ClientState.Greeting;
        Greet([]);
        return true;
    }

    private void Greet(ReadOnlySpan<byte> message)
    {
        while (_step < dialect.Greeting.Length)
        {
            var (awaited, send) = dialect.Greeting[_step];
            if (awaited is not null && !message.StartsWith(Encoding.UTF8.GetBytes(awaited))) return;
            message = [];
            _step++;
            if (send is not null) SendText(send);
        }

        State = ClientState.Open;
        observer.OnOpen(this);
    }

    private string Answer(ClientState during) =>
        during == ClientState.Upgrading && _headLength > 0 ? ": " + Encoding.ASCII.GetString(_head!, 0, Math.Min(_headLength, 200)) : "";
}
