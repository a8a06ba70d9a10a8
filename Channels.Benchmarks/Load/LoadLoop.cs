using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;

namespace Channels.Benchmarks;

/// <summary>
/// The load generator's heart: one thread, one epoll set, one receive buffer for all connections. Everything happens
/// inside <see cref="RunOnce"/>; nothing is queued to other threads.
/// </summary>
internal sealed unsafe class LoadLoop : IDisposable
{
    private const int BufferBytes = 256 * 1024;

    private readonly Poller _poller = new();
    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(BufferBytes);
    private readonly Queue<int> _freeNumbers = new();
    private readonly List<int> _freedInBatch = [];
    private LoadConnection?[] _connections = new LoadConnection?[1024];
    private int _usedNumbers;
    private int _opened;
    private bool _disposed;

    /// <summary>Open or opening connections.</summary>
    internal int Count { get; private set; }

    internal void Open(LoadConnection connection, IPEndPoint target)
    {
        if (!_freeNumbers.TryDequeue(out var number)) number = _usedNumbers++;
        if (number == _connections.Length) Array.Resize(ref _connections, number * 2);
        connection.Number = number;
        connection.Loop = this;
        connection.Connected = false;
        connection.Descriptor = TcpSocket.StartConnect(target, _opened++);
        _connections[number] = connection;
        Count++;
        _poller.Add(connection.Descriptor, number, write: true);
    }

    internal void Close(LoadConnection connection)
    {
        if (connection.Descriptor < 0) return;
        _ = Libc.Close(connection.Descriptor);
        connection.Descriptor = -1;
        _connections[connection.Number] = null;
        _freedInBatch.Add(connection.Number);
        Count--;
    }

    internal void WatchWrites(LoadConnection connection, bool write) =>
        _poller.Change(connection.Descriptor, connection.Number, write);

    /// <summary>Waits for events (at most the given milliseconds) and handles them.</summary>
    internal void RunOnce(int timeoutMilliseconds)
    {
        // Numbers are given out again only between two waits, so that a late event cannot meet a stranger.
        foreach (var number in _freedInBatch) _freeNumbers.Enqueue(number);
        _freedInBatch.Clear();

        var count = _poller.Wait(timeoutMilliseconds);
        for (var i = 0; i < count; i++)
        {
            if (_connections[_poller.Number(i)] is not { } connection) continue;
            if (!connection.Connected) FinishConnect(connection);
            else Handle(connection, _poller.IsWritable(i));
        }
    }

    private void FinishConnect(LoadConnection connection)
    {
        var error = TcpSocket.Error(connection.Descriptor);
        if (error != 0)
        {
            End(connection, $"connect failed with error {error}");
            return;
        }

        connection.Connected = true;
        WatchWrites(connection, false);
        connection.OnConnected();
    }

    private void Handle(LoadConnection connection, bool writable)
    {
        if (writable && connection.HasUnsent) connection.SendUnsent();
        var count = TcpSocket.Receive(connection.Descriptor, _buffer, BufferBytes);
        if (count > 0) connection.OnBytes(new ReadOnlySpan<byte>(_buffer, count), Stopwatch.GetTimestamp());
        else if (count != -1) End(connection, count == 0 ? "closed by the server" : "connection failed");
    }

    private void End(LoadConnection connection, string reason)
    {
        Close(connection);
        connection.OnEnded(reason);
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        foreach (var connection in _connections)
        {
            if (connection is not null) Close(connection);
        }

        _poller.Dispose();
        NativeMemory.Free(_buffer);
    }
}
