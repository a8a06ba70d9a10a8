using System.Globalization;
using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>Dead letters in a ring in this process's memory; they end with it.</summary>
internal sealed class InMemoryDeadLetterStore(IOptions<DeadLetterOptions> options, TimeProvider time) : IDeadLetterStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedList<DeadLetter>> _byChannel = new(StringComparer.Ordinal);
    private long _lastId;

    public bool IsShared => false;

    public ValueTask<DeadLetter> AddAsync(DeadLetter letter, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (!_byChannel.TryGetValue(letter.Channel, out var letters))
            {
                _byChannel[letter.Channel] = letters = new();
            }

            var stored = letter with { Id = (++_lastId).ToString(CultureInfo.InvariantCulture) };
            letters.AddLast(stored);
            if (letters.Count > options.Value.Capacity)
            {
                letters.RemoveFirst();
            }

            return ValueTask.FromResult(stored);
        }
    }

    public ValueTask<IReadOnlyList<DeadLetter>> ListAsync(string channel, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<DeadLetter>>([.. Fresh(channel)]);
        }
    }

    public ValueTask<DeadLetter?> TakeAsync(string channel, string id, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            var letters = Fresh(channel);
            var letter = letters.FirstOrDefault(l => l.Id == id);
            if (letter is not null)
            {
                letters.Remove(letter);
            }

            return ValueTask.FromResult(letter);
        }
    }

    private LinkedList<DeadLetter> Fresh(string channel)
    {
        if (!_byChannel.TryGetValue(channel, out var letters))
        {
            return new();
        }

        var retention = options.Value.Retention;
        while (retention > TimeSpan.Zero && letters.First is { } oldest && time.GetUtcNow() - oldest.Value.FailedAt >= retention)
        {
            letters.RemoveFirst();
        }

        return letters;
    }
}
