namespace Channels;

/// <summary>
/// What one thread's broadcasts leave asleep while it handles several events in a row: their receivers then get several
/// messages in one waking, and each socket leaves in one write. Every message is in its mailbox meanwhile, so the order of
/// everything stays as it is.
/// </summary>
/// <remarks>One per thread and layer. <see cref="ReleaseOverdue"/> may be called from any thread, the rest by its own.</remarks>
internal sealed class Burst(BurstWatch watch, TimeProvider time)
{
    private static readonly TimeSpan MostHeld = TimeSpan.FromMilliseconds(1);

    private Wave? _held;
    private bool _watched;

    /// <summary>Whether broadcasts of this thread are held back now.</summary>
    public bool IsOpen { get; private set; }

    public void Begin() => IsOpen = true;

    /// <summary>Wakes whoever was left asleep.</summary>
    public void End()
    {
        IsOpen = false;
        if (Volatile.Read(ref _held) is not null)
        {
            Release();
        }
    }

    /// <summary>What is held, for the next broadcast to add to; nobody else has it until <see cref="Keep"/>.</summary>
    public Wave? Take()
    {
        var held = Interlocked.Exchange(ref _held, null);
        if (held is not null && time.GetElapsedTime(held.Since) > MostHeld)
        {
            Wave.Release(ref held);
        }

        return held;
    }

    public void Keep(Wave? wave)
    {
        Interlocked.Exchange(ref _held, wave);
        if (wave is not null && !Volatile.Read(ref _watched))
        {
            Volatile.Write(ref _watched, true);
            watch.Add(this);
        }
    }

    public void ReleaseOverdue()
    {
        Volatile.Write(ref _watched, false); // first: what is held afterwards is watched anew
        Release();
    }

    private void Release()
    {
        var held = Interlocked.Exchange(ref _held, null);
        Wave.Release(ref held);
    }
}
