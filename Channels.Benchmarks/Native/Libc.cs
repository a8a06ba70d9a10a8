using System.Runtime.InteropServices;

namespace Channels.Benchmarks;

/// <summary>The few Linux calls the load generator makes itself: one thread, no runtime scheduling between it and the sockets.</summary>
internal static partial class Libc
{
    internal const int Again = 11;
    internal const int Interrupted = 4;
    internal const int InProgress = 115;

    internal const int FamilyInternet = 2;
    internal const int TypeStreamNonBlocking = 1 | 0x800 | 0x80000;
    internal const int LevelTcp = 6;
    internal const int NoDelay = 1;
    internal const int LevelInternet = 0;
    internal const int BindAddressNoPort = 24;
    internal const int LevelSocket = 1;
    internal const int SocketError = 4;
    internal const int NoSignal = 0x4000;

    internal const int EpollAdd = 1;
    internal const int EpollModify = 3;
    internal const uint EpollIn = 1;
    internal const uint EpollOut = 4;

    internal const int LimitOpenFiles = 7;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    internal static unsafe partial int Bind(int descriptor, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    internal static unsafe partial int Connect(int descriptor, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    internal static unsafe partial int SetOption(int descriptor, int level, int name, int* value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    internal static unsafe partial int GetOption(int descriptor, int level, int name, int* value, int* length);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static unsafe partial nint Receive(int descriptor, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static unsafe partial nint Send(int descriptor, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static unsafe partial int EpollControl(int poller, int operation, int descriptor, byte* change);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    internal static unsafe partial int EpollWait(int poller, byte* events, int capacity, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    internal static unsafe partial int ClockGetTime(int clock, long* secondsAndNanoseconds);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    internal static unsafe partial int GetLimit(int resource, ulong* softAndHard);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    internal static unsafe partial int SetLimit(int resource, ulong* softAndHard);
}
