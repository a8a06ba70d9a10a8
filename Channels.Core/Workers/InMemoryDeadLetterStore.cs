using System.Globalization;
using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>Dead letters in a ring in this process's memory; they end with it.</summary>
internal sealed class InMemoryDeadLetterStore(IOptions<DeadLetterOptions> options, TimeProvider time, DeadLetterDrops drops) : IDeadLetterStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Ring> _byChannel = new(StringComparer.Ordinal);
    private long _lastId;

    public bool IsShared => false;

    public ValueTask<DeadLetter> AddAsync(DeadLetter letter, CancellationToken cancellationToken = default)
    {
        var stored = DeadLetterBody.Cut(letter, options.Value.MaxBodyBytes); // runs getters of the application's records: not under the lock
        var size = DeadLetterBody.SizeOf(stored);
        var (beyondCapacity, beyondBytes) = (0, 0);
        lock (_lock)
        {
            if (!_byChannel.TryGetValue(letter.Channel, out var letters))
            {
                _byChannel[letter.Channel] = letters = new();
            }

            stored = stored with { Id = (++_lastId).ToString(CultureInfo.InvariantCulture) };
            letters.Add(stored, size);
            for (; letters.Count > options.Value.Capacity; beyondCapacity++)
            {
                letters.RemoveOldest();
            }

            for (; letters.Bytes > options.Value.MaxBytes && letters.Count > 1; beyondBytes++)
            {
                letters.RemoveOldest();
            }
        }

        drops.BeyondCapacity(letter.Channel, beyondCapacity);
        drops.BeyondBytes(letter.Channel, beyondBytes);
        return ValueTask.FromResult(stored);
    }

    public ValueTask<IReadOnlyList<DeadLetter>> ListAsync(string channel, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<DeadLetter>>([.. Fresh(channel).Letters]);
        }
    }

    public ValueTask<DeadLetter?> TakeAsync(string channel, string id, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(Fresh(channel).Take(id));
        }
    }

    private Ring Fresh(string channel)
    {
        if (!_byChannel.TryGetValue(channel, out var letters))
        {
            return new();
        }

        var retention = options.Value.Retention;
        while (retention > TimeSpan.Zero && letters.Oldest is { } oldest && time.GetUtcNow() - oldest.FailedAt >= retention)
        {
            letters.RemoveOldest();
        }

        return letters;
    }

    /// <summary>The letters of one channel, and how many bytes they hold.</summary>
    private sealed class Ring
    {
        private readonly LinkedList<(DeadLetter Letter, long Size)> _letters = new();

        public IEnumerable<DeadLetter> Letters => _letters.Select(kept => kept.Letter);

        public int Count => _letters.Count;

        public long Bytes { get; private set; }

        public DeadLetter? Oldest => _letters.First?.Value.Letter;

        public void Add(DeadLetter letter, long size)
        {
            _letters.AddLast((letter, size));
            Bytes += size;
        }

        public void RemoveOldest() => Remove(_letters.First!); // only called when there is one

        public DeadLetter? Take(string id)
        {
            for (var place = _letters.First; place is not null; place = place.Next)
            {
                if (place.Value.Letter.Id == id)
                {
                    Remove(place);
                    return place.Value.Letter;
                }
            }

            return null;
        }

        private void Remove(LinkedListNode<(DeadLetter Letter, long Size)> place)
        {
            _letters.Remove(place);
            Bytes -= place.Value.Size;
        }
    }
}
