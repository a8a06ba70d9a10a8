using System.Buffers;

namespace Channels.Kestrel;

/// <summary>
/// A message that arrives in parts. Grows in steps while octets arrive, never ahead to an announced length, and by bytes,
/// not by fragments; ends as one array of exactly the message's length.
/// </summary>
/// <param name="memory">Whose memory it is; null when nobody counts.</param>
internal sealed class MessageBuffer(MemoryHolder? memory = null)
{
    private const int FirstStep = 4096;

    // Longer arrays come from no pool: it would keep what a flood has made it hold.
    private const int LongestRented = 64 * 1024;

    private byte[] _octets = [];
    private bool _rented;
    private MemoryShare _counted;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> From(int start) => _octets.AsSpan(start, Length - start);

    /// <summary>Room for the next octets: at most <paramref name="wanted"/>; none when memory is short and this peer is to go.</summary>
    /// <param name="wanted">How many could be used now, because they have come.</param>
    /// <param name="finalLength">The whole message's length when it is known; then the last step makes the final array.</param>
    public Span<byte> GetRoom(int wanted, long finalLength = 0)
    {
        if (Length == _octets.Length && !TryGrow(wanted, finalLength))
        {
            return [];
        }

        return _octets.AsSpan(Length, Math.Min(wanted, _octets.Length - Length));
    }

    /// <summary>As <see cref="GetRoom"/>, for what takes its time to fill it; nothing else may be called meanwhile.</summary>
    public Memory<byte> GetMemory(int wanted)
    {
        var room = GetRoom(wanted).Length;
        return _octets.AsMemory(Length, room);
    }

    public void Advance(int count) => Length += count;

    /// <summary>The message; the buffer is empty afterwards and holds no memory.</summary>
    public byte[] Detach()
    {
        var message = !_rented && _octets.Length == Length ? _octets : _octets.AsSpan(0, Length).ToArray();
        Release();
        return message;
    }

    public void Release()
    {
        if (_rented)
        {
            ArrayPool<byte>.Shared.Return(_octets);
        }

        _counted.Set(0, memory);
        (_octets, _rented, Length) = ([], false, 0);
    }

    private bool TryGrow(int wanted, long finalLength)
    {
        // Growth is by what has come: an announced length alone reserves next to nothing. Half of a message is enough to
        // make its final array, so that each octet is moved once more at most.
        var atHand = (long)Length + wanted;
        var step = (int)Math.Min(Math.Max(FirstStep, Math.Max(2L * Length, atHand)), Array.MaxLength);
        var exact = finalLength > 0 && finalLength <= Math.Max(step, 2 * atHand);
        if (!_counted.Set(exact ? finalLength : step, memory))
        {
            return false;
        }

        var rents = !exact && step <= LongestRented;
        var larger = rents ? ArrayPool<byte>.Shared.Rent(step) : GC.AllocateUninitializedArray<byte>(exact ? (int)finalLength : step);
        _octets.AsSpan(0, Length).CopyTo(larger);
        if (_rented)
        {
            ArrayPool<byte>.Shared.Return(_octets);
        }

        (_octets, _rented) = (larger, rents);
        return true;
    }
}
