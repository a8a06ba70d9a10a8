using System.Buffers;

namespace Channels.Benchmarks;

/// <summary>One socket of the load generator. Used by the loop's thread only.</summary>
internal abstract class LoadConnection
{
    private byte[] _unsent = [];
    private int _unsentStart;
    private int _unsentEnd;

    internal int Number { get; set; } = -1;

    internal int Descriptor { get; set; } = -1;

    internal bool Connected { get; set; }

    internal bool HasUnsent => _unsentEnd > _unsentStart;

    internal LoadLoop? Loop { get; set; }

    /// <summary>The TCP connection stands.</summary>
    internal abstract void OnConnected();

    /// <summary>Bytes came; <paramref name="now"/> is when they were read.</summary>
    internal abstract void OnBytes(ReadOnlySpan<byte> bytes, long now);

    /// <summary>The peer ended the connection, or it failed; the descriptor is closed already.</summary>
    internal abstract void OnEnded(string reason);

    /// <summary>Sends what the socket takes and keeps a copy of the rest until it takes more.</summary>
    internal void Send(ReadOnlySpan<byte> bytes)
    {
        if (Descriptor < 0) return;
        if (!HasUnsent)
        {
            var taken = TcpSocket.Send(Descriptor, bytes);
            if (taken == -2) return; // The read side reports the failure.
            bytes = bytes[taken..];
            if (bytes.IsEmpty) return;
            Loop!.WatchWrites(this, true);
        }

        Keep(bytes);
    }

    internal void SendUnsent()
    {
        var taken = TcpSocket.Send(Descriptor, _unsent.AsSpan(_unsentStart, _unsentEnd - _unsentStart));
        if (taken == -2) return;
        _unsentStart += taken;
        if (HasUnsent) return;
        ArrayPool<byte>.Shared.Return(_unsent);
        _unsent = [];
        _unsentStart = _unsentEnd = 0;
        Loop!.WatchWrites(this, false);
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_unsent.Length - _unsentEnd < bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_unsentEnd - _unsentStart + bytes.Length);
            _unsent.AsSpan(_unsentStart, _unsentEnd - _unsentStart).CopyTo(larger);
            if (_unsent.Length > 0) ArrayPool<byte>.Shared.Return(_unsent);
            _unsentEnd -= _unsentStart;
            _unsentStart = 0;
            _unsent = larger;
        }

        bytes.CopyTo(_unsent.AsSpan(_unsentEnd));
        _unsentEnd += bytes.Length;
    }
}
