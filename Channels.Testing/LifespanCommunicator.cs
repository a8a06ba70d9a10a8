namespace Channels.Testing;

/// <summary>Plays a server that starts and stops an application.</summary>
public sealed class LifespanCommunicator : CommunicatorBase<LifespanCommunicator>
{
    /// <summary>Makes a communicator.</summary>
    /// <param name="application">What is tested.</param>
    public LifespanCommunicator(Application application)
        : base(application, new LifespanScope())
    {
    }

    /// <summary>What the application has stored for later connections.</summary>
    public IDictionary<string, object?> State => Scope.State!; // a lifespan scope always has one

    /// <summary>Starts the application.</summary>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="CommunicatorException">The application answered that it cannot start, or something else.</exception>
    /// <exception cref="UnsupportedScopeException">The application has no lifespan.</exception>
    /// <exception cref="TimeoutException">It did not answer.</exception>
    public async Task StartupAsync(TimeSpan? timeout = null)
    {
        await SendInputAsync(new LifespanStartup());
        await ReceiveOutputAsync<LifespanStartupComplete>(timeout);
    }

    /// <summary>Stops the application and waits for its end.</summary>
    /// <param name="timeout">How long to wait for each step; null for the communicator's own time-out.</param>
    /// <exception cref="CommunicatorException">The application answered that it failed, or something else.</exception>
    /// <exception cref="TimeoutException">It did not answer, or did not end.</exception>
    public async Task ShutdownAsync(TimeSpan? timeout = null)
    {
        await SendInputAsync(new LifespanShutdown());
        await ReceiveOutputAsync<LifespanShutdownComplete>(timeout);
        await WaitAsync(timeout);
    }
}
