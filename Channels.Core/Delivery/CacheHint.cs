using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Channels;

/// <summary>
/// Asks the processor to fetch an object that is needed in a moment. What a broadcast spends on a thousand sockets is,
/// beside the kernel's work, mostly waiting for memory: their objects do not fit into the caches next to the kernel's.
/// </summary>
/// <remarks>A hint that reads and changes nothing; without effect on processors other than x86.</remarks>
internal static unsafe class CacheHint
{
    private const int Line = 64;

    /// <summary>The first two cache lines of the object, which is all of most; nothing for null, whose page would be looked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch(object? needed)
    {
        if (Sse.IsSupported && needed is not null)
        {
            // The address may be outdated by the next line, when a collection moves the object; a wrong hint does no harm.
            var address = *(byte**)Unsafe.AsPointer(ref needed);
            Sse.Prefetch0(address);
            Sse.Prefetch0(address + Line);
        }
    }

    /// <summary>The first three cache lines of a large object, all of which is needed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FetchLarge(object? needed)
    {
        if (Sse.IsSupported && needed is not null)
        {
            var address = *(byte**)Unsafe.AsPointer(ref needed); // as above
            Sse.Prefetch0(address);
            Sse.Prefetch0(address + Line);
            Sse.Prefetch0(address + (2 * Line));
        }
    }
}
