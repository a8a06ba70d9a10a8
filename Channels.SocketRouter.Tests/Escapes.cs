using System.Collections.Concurrent;

namespace Channels.Tests.SocketRouter;

/// <summary>What leaves a method that nobody waits for: here it ends the test and not the process.</summary>
internal sealed class Escapes : SynchronizationContext
{
    private readonly ConcurrentQueue<Exception> _errors = new();

    /// <summary>Does something, and gives what escaped.</summary>
    public static Exception[] Of(Action act)
    {
        var (before, escapes) = (Current, new Escapes());
        SetSynchronizationContext(escapes);
        try
        {
            act();
        }
        finally
        {
            SetSynchronizationContext(before);
        }

        return [.. escapes._errors];
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        try
        {
            d(state);
        }
        catch (Exception error)
        {
            _errors.Enqueue(error);
        }
    }
}
