namespace Channels.Benchmarks;

/// <summary>Follows the sequence numbers that one receiver sees from one source and tells loss, duplication and reordering apart.</summary>
internal sealed class SequenceCheck
{
    private HashSet<uint>? _missing;
    private uint _next;

    /// <summary>Messages that came a second time.</summary>
    internal long Duplicated { get; private set; }

    /// <summary>Messages that came after a later one.</summary>
    internal long Reordered { get; private set; }

    /// <summary>Messages of another source.</summary>
    internal long Misrouted { get; private set; }

    /// <summary>Numbers skipped so far that have not come late either.</summary>
    internal long Missing => _missing?.Count ?? 0;

    /// <summary>The number after the highest one seen.</summary>
    internal uint Next => _next;

    internal void Start(uint next)
    {
        _next = next;
        _missing = null;
        Duplicated = Reordered = Misrouted = 0;
    }

    internal void See(uint source, uint expectedSource, uint sequence)
    {
        if (source != expectedSource) Misrouted++;
        else if (sequence == _next) _next++;
        else SeeUnexpected(sequence);
    }

    /// <summary>Messages lost, once the source has stopped before <paramref name="end"/> and all is quiet.</summary>
    internal long Lost(uint end) => Missing + (end > _next ? end - _next : 0);

    private void SeeUnexpected(uint sequence)
    {
        if (sequence > _next)
        {
            _missing ??= [];
            for (var skipped = _next; skipped < sequence; skipped++) _missing.Add(skipped);
            _next = sequence + 1;
        }
        else if (_missing?.Remove(sequence) == true)
        {
            Reordered++;
        }
        else
        {
            Duplicated++;
        }
    }
}
