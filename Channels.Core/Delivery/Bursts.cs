using System.Diagnostics.CodeAnalysis;

namespace Channels;

/// <summary>The bursts of one layer, a thread's own each. Thread-safe.</summary>
[SuppressMessage("Design", "CA1001", Justification = "It lives as long as its layer, and what a thread keeps of it is finalised.")]
internal sealed class Bursts(TimeProvider time)
{
    private readonly ThreadLocal<Burst?> _burst = new();
    private readonly BurstWatch _watch = new(time);

    /// <summary>The burst that this thread's broadcasts belong to; null when they wake their receivers at once.</summary>
    public Burst? Current => _burst.Value is { IsOpen: true } burst ? burst : null;

    /// <summary>Until <see cref="End"/>, on the same thread, receivers of what this thread broadcasts are woken together.</summary>
    public void Begin() => (_burst.Value ??= new Burst(_watch, time)).Begin();

    public void End() => _burst.Value?.End();
}
