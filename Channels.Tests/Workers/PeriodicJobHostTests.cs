using Channels.Testing;
using Channels.Tests.Applications;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using static Channels.Tests.Workers.WorkerHarness;

namespace Channels.Tests.Workers;

/// <summary>Processes that hand in the occurrences of periodic jobs, on a clock of the test's.</summary>
public sealed class PeriodicJobHostTests
{
    private static readonly JobPeriod Hourly = JobPeriod.Every(TimeSpan.FromHours(1));
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 30, 0, TimeSpan.Zero));
    private readonly Queue _queue = new();

    [Test]
    public async Task Each_occurrence_is_handed_in_when_its_time_has_come()
    {
        using var host = await StartAsync();
        Assert.That(_queue.Seen, Is.EqualTo(new[] { "12:00, none before" }));
        await PassAsync(minutes: 29);
        Assert.That(_queue.Seen, Has.Count.EqualTo(1));
        await PassAsync(minutes: 61);
        Assert.That(_queue.Seen.Skip(1), Is.EqualTo(new[] { "13:00, 12:00 before", "14:00, 13:00 before" }));
        await host.StopAsync();
    }

    [Test]
    public async Task Occurrences_that_were_missed_are_not_handed_in_one_by_one()
    {
        using (var host = await StartAsync())
        {
            await host.StopAsync();
        }

        _time.Advance(TimeSpan.FromHours(10));
        using var next = await StartAsync();
        Assert.That(_queue.Seen, Is.EqualTo(new[] { "12:00, none before", "22:00, none before" }));
        await next.StopAsync();
    }

    [Test]
    public async Task What_fails_is_tried_again_and_told_once()
    {
        var logs = new LogList();
        using var host = await StartAsync(services => services.AddSingleton<ILoggerFactory>(logs));
        _queue.Failure = new ChannelFullException("jobs", 1);
        await PassAsync(minutes: 30);
        await PassAsync(TimeSpan.FromSeconds(5));
        _queue.Failure = null;
        await PassAsync(TimeSpan.FromSeconds(5));
        Assert.That(_queue.Seen.Skip(1), Is.EqualTo(new[] { "13:00, 12:00 before" }));
        Assert.That(logs.Lines.Count(line => line.Contains("could not be put into the queue", StringComparison.Ordinal)), Is.EqualTo(1));
        await host.StopAsync();
    }

    [Test]
    public void A_job_without_a_queue_that_can_repeat_it_stops_the_start()
    {
        Assert.That(() => StartAsync(services => services.AddPeriodicJob("sweep", "jobs", Job(1), Hourly, "other")), Throws.InvalidOperationException.With.Message.Contains("'sweep'").And.Message.Contains("layer 'other'").And.Message.Contains("AddRedisJobs()"));
        Assert.That(() => StartAsync(services => services.AddPeriodicJob("name", "jobs", Job(1), Hourly)), Throws.InvalidOperationException.With.Message.Contains("'name'").And.Message.Contains("2 times"));
        Assert.That(() => StartAsync(services => services.AddChannels().AddJobs("default", _ => new PlainQueue())), Throws.InvalidOperationException.With.Message.Contains(nameof(IPeriodicJobQueue)));
    }

    [Test]
    public void Registrations_that_cannot_be_meant_are_refused()
    {
        var services = new ServiceCollection();
        Assert.That(() => services.AddPeriodicJob("", "jobs", Job(1), Hourly), Throws.ArgumentException.With.Property("ParamName").EqualTo("name"));
        Assert.That(() => services.AddPeriodicJob("name", "no channel", Job(1), Hourly), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public async Task A_worker_does_the_job_of_each_period()
    {
        var book = new JobConsumer.Book();
        using var host = await WorkerHarness.StartAsync("jobs", book.Application, options => options.Acknowledged = true, services =>
        {
            services.AddSingleton<TimeProvider>(_time);
            services.AddChannels().AddInMemoryJobs();
            services.AddPeriodicJob("name", "jobs", Job(5), Hourly);
        });
        for (var hour = 0; hour < 3; hour++)
        {
            await Eventually.Is(() =>
            {
                _time.Advance(TimeSpan.FromMinutes(1)); // however many of them it takes until all have heard
                return book.Done.TryTake(out var number) && number == 5;
            });
        }

        await host.StopAsync();
    }

    // A minute at a time: so long the longest of its waits is.
    private async Task PassAsync(int minutes)
    {
        for (var minute = 0; minute < minutes; minute++)
        {
            await PassAsync(TimeSpan.FromMinutes(1));
        }
    }

    private async Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        await _time.WaitForTimersAsync();
    }

    private async Task<IHost> StartAsync(Action<IServiceCollection>? more = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.Services.AddChannels().AddJobs("default", _ => _queue);
        builder.Services.AddPeriodicJob("name", "jobs", Job(1), Hourly);
        more?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        await _time.WaitForTimersAsync();
        return host;
    }

    private class PlainQueue : IJobQueue
    {
        public ValueTask SendAsync(string channel, ChannelMessage job, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<string> ScheduleAsync(string channel, ChannelMessage job, JobStart start, string? id = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<bool> CancelAsync(string channel, string id, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<TakenJob> TakeAsync(string channel, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class Queue : PlainQueue, IPeriodicJobQueue
    {
        public List<string> Seen { get; } = [];

        public Exception? Failure { get; set; }

        public ValueTask<bool> SendOccurrenceAsync(
            string channel, ChannelMessage job, string name, DateTimeOffset due, DateTimeOffset? previous, CancellationToken cancellationToken = default)
        {
            if (Failure is { } failure)
            {
                throw failure;
            }

            Seen.Add($"{due:HH:mm}, {(previous is null ? "none" : $"{previous:HH:mm}")} before");
            return ValueTask.FromResult(true);
        }
    }
}
