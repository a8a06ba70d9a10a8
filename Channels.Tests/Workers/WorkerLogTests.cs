using Channels.Testing;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using static Channels.Tests.Workers.WorkerHarness;

namespace Channels.Tests.Workers;

/// <summary>What fails with every job is written in full once per episode.</summary>
public sealed class WorkerLogTests
{
    private readonly LogRecorder _log = new();
    private readonly ManualTimeProvider _time = new();

    [TestCase(1, new[] { 7002, 7002, 7002 })]
    [TestCase(2, new[] { 7001, 7002, 7002, 7002 })]
    [Proves("FG-9")]
    public async Task Of_jobs_that_fail_alike_one_is_told_with_its_stack_and_each_dead_letter_with_a_line(int attempts, int[] expected)
    {
        var book = new JobConsumer.Book { Handle = (_, _) => throw new InvalidOperationException("bad") };
        using var host = await StartAsync("jobs", book.Application, options => options.MaxAttempts = attempts, services => services.AddSingleton<TimeProvider>(_time).AddSingleton<ILoggerFactory>(_log));
        for (var n = 1; n <= 3; n++)
        {
            await host.Layer().SendAsync("jobs", Job(n));
        }

        await Eventually.Is(async () => (await host.DeadLetters().ListAsync("jobs")).Count == 3);
        var lines = _log.Lines.Where(line => line.Id is 7001 or 7002).ToArray();
        Assert.That(lines.Select(line => line.Id), Is.EqualTo(expected));
        Assert.That(lines[0].Text, Does.EndWith("[InvalidOperationException: bad]"));
        Assert.That(lines[1..].Select(line => line.Text), Has.All.EndsWith($"after {attempts} attempts, the last of which ended with InvalidOperationException; it is kept among the dead letters."));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(_log.Lines.Single(line => line.Id == 1031).Text, Does.StartWith($"{(attempts * 3) - 1} more").And.Contain("jobs: job"));
        await host.StopAsync();
    }

    [Test]
    [Proves("FG-9")]
    public async Task A_queue_that_is_away_is_told_of_once_however_often_it_is_asked()
    {
        var queue = new BrokenQueue();
        using var host = await StartAsync(
            "jobs",
            new JobConsumer.Book().Application,
            options => options.Acknowledged = true,
            services => services.AddSingleton<ILoggerFactory>(_log).AddChannels().AddJobs("default", _ => queue));
        await Eventually.Is(() => queue.Asked > 3); // so that what the first ones threw is written
        await host.StopAsync();
        Assert.That(_log.Lines.Count(line => line.Id == 7003), Is.EqualTo(1));
    }

    [Test]
    [Proves("FG-9")]
    public async Task Jobs_that_cannot_be_renewed_are_told_of_once_however_many_there_are()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var queue = new BrokenQueue { Jobs = 2 };
        var book = new JobConsumer.Book { Handle = (_, _) => done.Task };
        using var host = await StartAsync(
            "jobs",
            book.Application,
            options => (options.Acknowledged, options.Concurrency) = (true, 2),
            services => services.AddSingleton<ILoggerFactory>(_log).AddChannels().AddJobs("default", _ => queue));
        await Eventually.Is(() => queue.Renewed > 6);
        done.SetResult();
        await host.StopAsync();
        Assert.That(_log.Lines.Count(line => line.Id == 7021), Is.EqualTo(1));
    }

    [Test]
    [Proves("FG-9")]
    public async Task An_application_that_fails_before_it_takes_anything_is_told_of_once()
    {
        var begun = 0;
        using var host = await StartAsync(
            "jobs",
            ChannelFunction((_, _, _) => Interlocked.Increment(ref begun) > 0 ? throw new InvalidOperationException("bad") : Task.CompletedTask),
            services: services => services.AddSingleton<ILoggerFactory>(_log));
        await Eventually.Is(() => Volatile.Read(ref begun) > 3);
        await host.StopAsync();
        Assert.That(_log.Lines.Where(line => line.Id == 7004).Select(line => line.Text), Has.One.EndsWith("[InvalidOperationException: bad]"));
    }

    [Test]
    [Proves("FG-9")]
    public async Task A_store_that_keeps_no_dead_letter_has_a_line_for_each_and_one_stack()
    {
        var book = new JobConsumer.Book { Handle = (_, _) => throw new InvalidOperationException("bad") };
        using var host = await StartAsync(
            "jobs", book.Application, services: services => services.AddSingleton<ILoggerFactory>(_log).AddSingleton<IDeadLetterStore>(new BrokenStore()));
        for (var n = 1; n <= 3; n++)
        {
            await host.Layer().SendAsync("jobs", Job(n));
        }

        await Eventually.Is(() => LinesOf(7005).Length == 3);
        await host.StopAsync();
        Assert.That(LinesOf(7005).Select(line => line.EndsWith("[IOException: the store is away]", StringComparison.Ordinal)), Is.EqualTo(new[] { true, false, false }));
    }

    [Test]
    [Proves("FG-9")]
    public async Task Jobs_whose_queue_cannot_be_told_that_they_are_done_are_told_of_once_and_done_once()
    {
        var queue = new BrokenQueue { Jobs = 2, Refuses = 6 };
        var book = new JobConsumer.Book();
        using var host = await StartAsync(
            "jobs",
            book.Application,
            options => options.Acknowledged = true,
            services => services.AddSingleton<ILoggerFactory>(_log).AddChannels().AddJobs("default", _ => queue));
        await Eventually.Is(() => queue.Completed == 2);
        await host.StopAsync();
        Assert.That(LinesOf(7006), Has.One.EndsWith("[IOException: the queue is away]"));
        Assert.That(book.Done, Is.EqualTo(new[] { 1L, 2L }));
    }

    [Test]
    [Proves("FG-9")]
    public async Task Jobs_that_cannot_be_given_back_at_a_stop_are_told_of_once()
    {
        var queue = new BrokenQueue { Jobs = 3, ReleasesNone = true };
        var book = new JobConsumer.Book { Handle = (_, aborted) => Task.Delay(Timeout.Infinite, aborted) };
        using var host = await StartAsync(
            "jobs",
            book.Application,
            options => (options.Acknowledged, options.Concurrency, options.StopTimeout) = (true, 3, TimeSpan.Zero),
            services => services.AddSingleton<ILoggerFactory>(_log).AddChannels().AddJobs("default", _ => queue));
        for (var n = 1; n <= 3; n++)
        {
            await book.NextStartedAsync();
        }

        await host.StopAsync();
        Assert.That(queue.Released, Is.EqualTo(3));
        Assert.That(LinesOf(7007), Has.One.EndsWith("[IOException: the queue is away]"));
    }

    private string[] LinesOf(int id) => [.. _log.Lines.Where(line => line.Id == id).Select(line => line.Text)];

    private sealed class BrokenStore : IDeadLetterStore
    {
        public bool IsShared => false;

        public ValueTask<DeadLetter> AddAsync(DeadLetter letter, CancellationToken cancellationToken = default) => throw new IOException("the store is away");

        public ValueTask<IReadOnlyList<DeadLetter>> ListAsync(string channel, CancellationToken cancellationToken = default) => throw new IOException("the store is away");

        public ValueTask<DeadLetter?> TakeAsync(string channel, string id, CancellationToken cancellationToken = default) => throw new IOException("the store is away");
    }

    /// <summary>Gives some jobs, and fails at everything else but what it is told to do.</summary>
    private sealed class BrokenQueue : IJobQueue
    {
        private int _asked;
        private int _completed;
        private int _refused;
        private int _released;
        private int _renewed;

        public int Jobs { get; init; }

        /// <summary>How often it fails to note that a job is done.</summary>
        public int Refuses { get; init; }

        public bool ReleasesNone { get; init; }

        public int Completed => Volatile.Read(ref _completed);

        public int Released => Volatile.Read(ref _released);

        public int Asked => Volatile.Read(ref _asked);

        public int Renewed => Volatile.Read(ref _renewed);

        public ValueTask SendAsync(string channel, ChannelMessage job, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<string> ScheduleAsync(string channel, ChannelMessage job, JobStart start, string? id = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<bool> CancelAsync(string channel, string id, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<TakenJob> TakeAsync(string channel, CancellationToken cancellationToken = default) =>
            Interlocked.Increment(ref _asked) is var asked && asked <= Jobs ? new(new Taken(this, Job(asked))) : throw new IOException("the queue is away");

        private sealed class Taken(BrokenQueue queue, ChannelMessage message) : TakenJob(message, 1)
        {
            public override TimeSpan RenewPeriod => TimeSpan.FromMilliseconds(1);

            public override ValueTask CompleteAsync(CancellationToken cancellationToken = default)
            {
                if (Interlocked.Increment(ref queue._refused) <= queue.Refuses)
                {
                    throw new IOException("the queue is away");
                }

                Interlocked.Increment(ref queue._completed);
                return default;
            }

            public override ValueTask ReleaseAsync(bool countAttempt, CancellationToken cancellationToken = default)
            {
                Interlocked.Increment(ref queue._released);
                return queue.ReleasesNone ? throw new IOException("the queue is away") : default;
            }

            public override ValueTask<bool> RenewAsync(int attempt, CancellationToken cancellationToken = default)
            {
                Interlocked.Increment(ref queue._renewed);
                throw new IOException("the queue is away");
            }
        }
    }
}
