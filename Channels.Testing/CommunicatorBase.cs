using System.Security.Claims;

namespace Channels.Testing;

/// <summary>
/// What all communicators have in common: the application runs as a task of its own, in an empty ambient context,
/// between a queue of input and a queue of output. It is started by the first call that needs it, so a communicator
/// may be made anywhere.
/// </summary>
/// <remarks>
/// A wait that runs out of time throws <see cref="TimeoutException"/> and leaves the application alone; outputs sent
/// before the application failed stay readable, then its error is thrown as it is. Disposing ends the connection as a
/// server would, waits for the application to end and throws the error it ended with, unless the test has seen it
/// already. Not safe for concurrent use, except that one task may send while another receives.
/// </remarks>
/// <typeparam name="TSelf">The communicator itself.</typeparam>
public abstract class CommunicatorBase<TSelf> : IAsyncDisposable
    where TSelf : CommunicatorBase<TSelf>
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);
    private readonly Application _application;
    private IServiceProvider? _services;
    private TimeProvider _time = TimeProvider.System;
    private TimeSpan _timeout = DefaultTimeout.Get();
    private ApplicationRun? _run;
    private Scope _scope;
    private bool _testFailed;
    private bool _disposed;

    private protected CommunicatorBase(Application application, Scope scope)
    {
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(scope);
        (_application, _scope) = (application, scope);
    }

    /// <summary>The facts about the connection; the application gets them with a token of its own in <see cref="Scope.Aborted"/>.</summary>
    public Scope Scope => _scope;

    /// <summary>The application's task; reading it starts the application.</summary>
    public Task Completion => Run.Task;

    private protected virtual SendRules Rules => new();

    private protected ApplicationRun Run => _run ??= Start();

    private protected bool IsStarted => _run is not null;

    /// <summary>Changes the scope before the application is started, for everything that has no method of its own.</summary>
    /// <param name="change">Gets the scope and returns the changed copy.</param>
    /// <exception cref="InvalidOperationException">The application has been started.</exception>
    public TSelf WithScope(Func<Scope, Scope> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        RequireNotStarted();
        _scope = change(_scope);
        return (TSelf)this;
    }

    /// <summary>Sets who is at the other end: an authenticated user of that name.</summary>
    /// <param name="name">The user's name.</param>
    public TSelf WithUser(string name) =>
        WithUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.NameIdentifier, name)], "test")));

    /// <summary>Sets who is at the other end.</summary>
    /// <param name="user">The user.</param>
    public TSelf WithUser(ClaimsPrincipal user) => WithScope(scope => scope with { User = user });

    /// <summary>
    /// Sets the services, and prepares the application with them as a host does at start. Communicators that share a
    /// channel layer share a provider; <see cref="TestServices"/> makes one.
    /// </summary>
    /// <param name="services">The services; not disposed by the communicator.</param>
    public TSelf WithServices(IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        RequireNotStarted();
        _services = services;
        return WithScope(scope => scope with { Services = services });
    }

    /// <summary>
    /// Sets how long each wait may take. Default 5 seconds, or what the test project sets for its whole run: the runtime setting
    /// <c>Channels.Testing.TimeoutSeconds</c>.
    /// </summary>
    /// <param name="timeout">The time; more than zero.</param>
    public TSelf WithTimeout(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        _timeout = timeout;
        return (TSelf)this;
    }

    /// <summary>Sets the clock of the communicator's own waits. Default the system's.</summary>
    /// <param name="time">The clock.</param>
    public TSelf WithTime(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        RequireNotStarted();
        _time = time;
        return (TSelf)this;
    }

    /// <summary>Gives the application an event, as the server would.</summary>
    /// <param name="message">The event.</param>
    /// <remarks>Throws the application's error if it has ended with one; after a normal end the event is never read.</remarks>
    public ValueTask SendInputAsync(Event message)
    {
        ArgumentNullException.ThrowIfNull(message);
        Run.ThrowIfFailed();
        Run.Input.Add(message);
        return ValueTask.CompletedTask;
    }

    /// <summary>Waits for the application's next event and expects a certain kind of it.</summary>
    /// <typeparam name="TEvent">The expected event; <see cref="Event"/> for any.</typeparam>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="CommunicatorException">Another event came, or the application ended without sending one.</exception>
    /// <exception cref="TimeoutException">Nothing came; the application goes on.</exception>
    public async Task<TEvent> ReceiveOutputAsync<TEvent>(TimeSpan? timeout = null)
        where TEvent : Event
    {
        var expected = EventText.NameOf<TEvent>();
        if (!await WhenOutput().WithinAsync(timeout ?? _timeout, _time))
        {
            _testFailed = true;
            throw new TimeoutException($"Expected {expected}, but the application sent nothing within {(timeout ?? _timeout).TotalSeconds:0.###} s. It is still running.");
        }

        if (!Run.Output.TryTake(out var message))
        {
            Run.ThrowIfFailed();
            throw Failed($"Expected {expected}, but the application ended without sending it.");
        }

        return message as TEvent ?? throw Failed($"Expected {expected}, but the application sent {EventText.Of(message)}.");
    }

    /// <summary>
    /// Expects that the application has nothing to say: waits until it has taken all its input and asks for more, then
    /// a little longer for what other tasks may send. Nothing is consumed.
    /// </summary>
    /// <param name="grace">How much longer. Default 50 milliseconds.</param>
    /// <exception cref="CommunicatorException">The application sent something; the message names it.</exception>
    /// <exception cref="TimeoutException">The application does not come back for more input.</exception>
    public async Task ReceiveNothingAsync(TimeSpan? grace = null)
    {
        var idle = Task.WhenAny(Run.Input.WhenDrained(), Run.Output.WhenAny(), Run.Task);
        if (!await idle.WithinAsync(_timeout, TimeProvider.System))
        {
            _testFailed = true;
            throw new TimeoutException($"The application has sent nothing, but is still busy after {_timeout.TotalSeconds:0.###} s: it has not asked for its next event.");
        }

        if (await WhenOutput().WithinAsync(grace ?? Grace, TimeProvider.System) && Run.Output.TryPeek(out var message))
        {
            throw Failed($"Expected no event, but the application sent {EventText.Of(message)}.");
        }

        Run.ThrowIfFailed();
    }

    /// <summary>Waits for the application to end, and throws the error it ended with.</summary>
    /// <param name="timeout">How long to wait; null for the communicator's own time-out.</param>
    /// <exception cref="TimeoutException">It has not ended; it goes on.</exception>
    public async Task WaitAsync(TimeSpan? timeout = null)
    {
        if (!await Run.Task.WithinAsync(timeout ?? _timeout, _time))
        {
            _testFailed = true;
            throw new TimeoutException($"The application has not ended within {(timeout ?? _timeout).TotalSeconds:0.###} s.");
        }

        Run.ThrowIfFailed();
    }

    /// <summary>
    /// Ends the connection, waits for the application to end, and throws the error it ended with, unless the test has
    /// seen it already. May be called again.
    /// </summary>
    /// <exception cref="TimeoutException">The application does not end although its connection has.</exception>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_disposed || _run is not { } run)
        {
            _disposed = true;
            return;
        }

        _disposed = true;
        EndConnection(run);
        var ended = EndsByItself && await run.Task.WithinAsync(_timeout, TimeProvider.System);
        if (!ended)
        {
            await run.AbandonAsync();
            ended = await run.Task.WithinAsync(_timeout, TimeProvider.System);
        }

        if (!ended)
        {
            // Not released: the application still holds its token. A test that has failed already keeps its own error.
            if (!_testFailed)
            {
                throw new TimeoutException($"The application is still running {_timeout.TotalSeconds:0.###} s after its connection ended. It must watch Scope.Aborted, or end after the last event.");
            }

            return;
        }

        await run.DisposeAsync();
        if (!_testFailed)
        {
            run.ThrowIfFailedUnseen();
        }
    }

    /// <summary>Whether the protocol has a last event after which an application ends.</summary>
    private protected virtual bool EndsByItself => false;

    private protected virtual void EndConnection(ApplicationRun run)
    {
    }

    private protected CommunicatorException Failed(string message)
    {
        _testFailed = true;
        return new(message);
    }

    private protected void RequireNotStarted()
    {
        if (IsStarted)
        {
            throw new InvalidOperationException("The application has been started; configure the communicator before the first call that sends or receives.");
        }
    }

    private Task<Task> WhenOutput() => Task.WhenAny(Run.Output.WhenAny(), Run.Task);

    private ApplicationRun Start()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_services is not null)
        {
            ApplicationTree.Prepare(_application, _services);
        }

        return new ApplicationRun(_application, _scope, Rules);
    }
}
