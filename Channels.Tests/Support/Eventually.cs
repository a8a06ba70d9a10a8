using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Channels.Tests.Support;

/// <summary>Waits for a condition that another task brings about; the time-out is only there so that a broken test ends.</summary>
public static class Eventually
{
    /// <summary>How long a test waits for what is bound to happen. No verdict: a test that works is never near it, however busy the machine is.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    // Most of what is waited for is about to happen. Who has waited for long looks less often: a tenth of the time more is nothing to him.
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LastInterval = TimeSpan.FromMilliseconds(25);
    private const int Part = 10;

    /// <summary>Waits until the condition holds.</summary>
    /// <param name="condition">The condition; must be safe to ask from any thread.</param>
    /// <param name="timeout">How long; null for <see cref="Patience"/>.</param>
    /// <param name="text">Filled in by the compiler.</param>
    public static Task Is(Func<bool> condition, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(condition))] string text = "") =>
        Is(() => Task.FromResult(condition()), timeout, text);

    /// <summary>Waits until the condition holds.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="timeout">How long; null for <see cref="Patience"/>.</param>
    /// <param name="text">Filled in by the compiler.</param>
    public static async Task Is(Func<Task<bool>> condition, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        var start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            var waited = Stopwatch.GetElapsedTime(start);
            if (waited > (timeout ?? Patience))
            {
                Assert.Fail($"Not so within {(timeout ?? Patience).TotalSeconds} s: {text}");
            }

            var interval = waited / Part;
            await Task.Delay(interval < FirstInterval ? FirstInterval : interval > LastInterval ? LastInterval : interval);
        }
    }
}
