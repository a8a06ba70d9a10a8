using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Channels.Benchmarks;

/// <summary>An epoll set of sockets, each known by a small number chosen by the caller. Not thread-safe.</summary>
internal sealed unsafe class Poller : IDisposable
{
    private const int Capacity = 512;

    // The kernel packs the event structure on x86-64 only.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int Stride = DataOffset + 8;

    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed((nuint)(Capacity * Stride));
    private readonly int _descriptor;
    private bool _disposed;

    internal Poller()
    {
        _descriptor = Libc.EpollCreate(0);
        if (_descriptor < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    internal void Add(int descriptor, int number, bool write) => Control(Libc.EpollAdd, descriptor, number, write);

    internal void Change(int descriptor, int number, bool write) => Control(Libc.EpollModify, descriptor, number, write);

    /// <summary>Waits for events; returns how many can be read with <see cref="Number"/>.</summary>
    internal int Wait(int timeoutMilliseconds)
    {
        var count = Libc.EpollWait(_descriptor, _events, Capacity, timeoutMilliseconds);
        if (count >= 0) return count;
        var error = Marshal.GetLastPInvokeError();
        return error == Libc.Interrupted ? 0 : throw new Win32Exception(error);
    }

    internal int Number(int index) =>
        BinaryPrimitives.ReadInt32LittleEndian(new ReadOnlySpan<byte>(_events + index * Stride + DataOffset, 4));

    internal bool IsWritable(int index) =>
        (BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(_events + index * Stride, 4)) & Libc.EpollOut) != 0;

    private void Control(int operation, int descriptor, int number, bool write)
    {
        var change = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(change, 4), Libc.EpollIn | (write ? Libc.EpollOut : 0));
        BinaryPrimitives.WriteInt64LittleEndian(new Span<byte>(change + DataOffset, 8), number);
        if (Libc.EpollControl(_descriptor, operation, descriptor, change) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _ = Libc.Close(_descriptor);
        NativeMemory.Free(_events);
    }
}
