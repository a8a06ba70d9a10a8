namespace Channels.Tests.Consumers;

/// <summary>The signal never loses a wake-up and never wakes twice at once.</summary>
public sealed class LoopSignalTests
{
    [Test]
    public async Task A_signal_set_before_the_wait_is_not_lost()
    {
        var signal = new LoopSignal();
        signal.Wake();
        signal.Wake();
        await signal.WaitAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        var second = signal.WaitAsync();
        Assert.That(second.IsCompleted, Is.False); // two wake-ups before a wait are one
        signal.WakeInline();
        await second;
    }

    [Test]
    public async Task Nothing_stored_before_a_wake_up_is_overlooked_whoever_wakes()
    {
        const int rounds = 200_000;
        var signal = new LoopSignal();
        long pool = 0, inline = 0;
        var reader = Task.Run(async () =>
        {
            while (Volatile.Read(ref pool) < rounds || Volatile.Read(ref inline) < rounds)
            {
                await signal.WaitAsync();
            }
        });
        var wakers = new[]
        {
            Task.Run(() => Wake(ref pool, signal.Wake)),
            Task.Run(() => Wake(ref inline, signal.WakeInline)),
        };

        await Task.WhenAll(wakers).WaitAsync(TimeSpan.FromSeconds(60));
        await reader.WaitAsync(TimeSpan.FromSeconds(60)); // would wait for ever if the last wake-up were lost

        static void Wake(ref long counter, Action wake)
        {
            for (var i = 0; i < rounds; i++)
            {
                Interlocked.Increment(ref counter);
                wake();
            }
        }
    }
}
