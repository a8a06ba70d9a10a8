using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Channels.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Channels.Tests.Layers.Redis;

/// <summary>What whoever waits for a link's first attempt may count on.</summary>
public sealed class RedisLinkTests : RedisTestBase
{
    [Test]
    public async Task When_the_first_attempt_has_ended_well_the_work_on_the_connection_has_begun()
    {
        var server = await StartServerAsync();
        var begun = false;
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var release = new ManualResetEventSlim();
        var settings = new RedisLinkSettings("default", new RedisLayerOptions { ConnectTimeout = Eventually.Patience }, TimeProvider.System, NullLogger.Instance);
        await using var link = new RedisLink(settings, RedisHostAddress.Parse(server.Address), RedisLinkRole.Commands, (_, cancellationToken) =>
        {
            entered.SetResult();
            release.Wait(Eventually.Patience, CancellationToken.None); // a thread that is held up here must not matter
            Volatile.Write(ref begun, true);
            return Task.Delay(Timeout.Infinite, cancellationToken);
        });
        var started = Task.Run(async () => await link.StartAsync());
        await entered.Task;
        Assert.That(started.IsCompleted, Is.False, "the work has not begun yet");
        release.Set();
        await started;
        Assert.That(Volatile.Read(ref begun)); // else a group that is joined now is not subscribed when the join returns
    }

    [Test]
    public async Task A_process_that_stalls_while_it_waits_for_an_answer_keeps_its_connection()
    {
        var (time, connection) = (new StepTime(), new AskedConnection());
        await using var link = Supervise(connection, time);
        await link.StartAsync();
        await time.FireNextAsync(); // it is time to ask
        var answer = await connection.Asked;
        await time.FireNextAsync(); // as a timer does behind a stall, however long it was
        await time.NextAsync();
        answer.SetResult();
        await time.NextAsync(); // until the next question
        Assert.That(link.Health.Single().IsConnected);
        Assert.That(connection.IsClosed, Is.False);
    }

    [Test]
    public async Task A_connection_without_an_answer_is_given_up()
    {
        var (time, connection) = (new StepTime(), new AskedConnection());
        await using var link = Supervise(connection, time);
        await link.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await time.FireNextAsync();
        }

        await time.NextAsync(); // until it is tried again
        Assert.That(link.Health.Single().IsConnected, Is.False);
        Assert.That(connection.IsClosed);
    }

    [Test]
    public void A_server_that_refuses_before_the_client_library_waits_for_it_is_not_waited_for()
    {
        var nobody = RedisHostAddress.Parse(MakeServer().Address);
        var settings = new RedisLinkSettings("default", new RedisLayerOptions { ConnectTimeout = Eventually.Patience }, TimeProvider.System, NullLogger.Instance);
        var options = nobody.CopyOptions();
        options.EndPoints.Add(nobody.Servers[0]);
        var log = new LateLog(nobody.Servers[0]);
        options.LoggerFactory = log;

        var refused = Assert.ThrowsAsync<RedisConnectionException>(() => ClientConnection.ConnectAsync(options, settings, CancellationToken.None));

        Assert.That(RedisFailure.Describe(refused!), Is.EqualTo(RedisFailure.NobodyAnswers));
        Assert.That(log.Lines, Has.Some.Contains(nobody.Display).And.None.Contains("Did not respond").And.None.Contains("Resurrecting"), "it was refused, at once and once");
    }

    private static RedisLinkSupervisor<AskedConnection> Supervise(AskedConnection connection, TimeProvider time) => new(
        new RedisLinkSettings("default", new RedisLayerOptions(), time, NullLogger.Instance),
        RedisHostAddress.Parse("127.0.0.1:1"),
        RedisLinkRole.Subscriptions,
        (_, _) => Task.FromResult(connection),
        (_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));

    /// <summary>Holds up the thread it was made on, whenever that writes a line, for as long as it takes to be refused a few times: as a busy machine may.</summary>
    private sealed class LateLog(EndPoint nobody) : ILoggerFactory, ILogger
    {
        private const int Times = 500;
        private readonly int _thread = Environment.CurrentManagedThreadId;

        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Enqueue(formatter(state, exception));
            for (var i = 0; i < Times && Environment.CurrentManagedThreadId == _thread; i++)
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                Assert.That(() => socket.Connect(nobody), Throws.InstanceOf<SocketException>());
            }
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Timers that fire one by one, when a test says so and however late.</summary>
    private sealed class StepTime : TimeProvider
    {
        private readonly Channel<Action> _timers = Channel.CreateUnbounded<Action>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timers.Writer.TryWrite(() => callback(state));
            return new StepTimer();
        }

        public async Task<Action> NextAsync() => await _timers.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Patience);

        public async Task FireNextAsync() => (await NextAsync())();
    }

    private sealed class StepTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class AskedConnection() : RedisConnection(new IPEndPoint(IPAddress.Loopback, 1))
    {
        private readonly TaskCompletionSource<TaskCompletionSource> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<TaskCompletionSource> Asked => _asked.Task.WaitAsync(Eventually.Patience);

        public bool IsClosed { get; private set; }

        public override Task PingAsync()
        {
            var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _asked.TrySetResult(answer);
            return answer.Task;
        }

        public override ValueTask DisposeAsync()
        {
            IsClosed = true;
            return ValueTask.CompletedTask;
        }
    }
}
