using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Channels.Tests.Support;

namespace Channels.Tests.Workers;

/// <summary>What handlers note, for a test to take one by one. Whoever waits holds no thread that a handler may need. Thread-safe.</summary>
internal sealed class Noted<T> : IReadOnlyCollection<T>
{
    private readonly ConcurrentQueue<T> _notes = new();
    private readonly SemaphoreSlim _toTake = new(0);

    /// <summary>How many have not been taken.</summary>
    public int Count => _notes.Count;

    public void Add(T note)
    {
        _notes.Enqueue(note);
        _toTake.Release();
    }

    /// <summary>Waits for the first that has not been taken.</summary>
    public async Task<T> NextAsync()
    {
        Assert.That(await _toTake.WaitAsync(Eventually.Patience), "nothing was noted");
        return Take();
    }

    public bool TryTake([MaybeNullWhen(false)] out T note)
    {
        var found = _toTake.Wait(TimeSpan.Zero);
        note = found ? Take() : default;
        return found;
    }

    public IEnumerator<T> GetEnumerator() => _notes.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // Each permit of the semaphore stands for a note that is there.
    private T Take() => _notes.TryDequeue(out var note) ? note : throw new AssertionException("taken twice");
}
