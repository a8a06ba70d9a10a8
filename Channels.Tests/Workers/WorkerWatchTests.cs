using System.Diagnostics.Metrics;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using static Channels.Tests.Workers.WorkerHarness;

namespace Channels.Tests.Workers;

/// <summary>What operators see of workers, and what workers share.</summary>
public sealed class WorkerWatchTests
{
    [Test]
    [Proves("REL-60")]
    public async Task Attempts_durations_and_dead_letters_are_counted_by_channel_and_outcome()
    {
        var book = new JobConsumer.Book { Handle = (job, _) => job.Number() == 1 ? throw new InvalidOperationException("bad") : Task.CompletedTask };
        using var host = Build("jobs", book.Application, options => options.MaxAttempts = 2);
        var meter = host.Services.GetRequiredService<ChannelsMetrics>().Meter;
        var seen = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter == meter && instrument.Name.StartsWith("channels.worker", StringComparison.Ordinal))
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.Add(Text(instrument.Name, tags)));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen.Add(Text(instrument.Name, tags)));
        listener.Start();
        await host.StartAsync();
        await host.Layer().SendAsync("jobs", Job(1));
        await host.Layer().SendAsync("jobs", Job(2));
        await book.NextDoneAsync();
        await host.StopAsync();
        Assert.That(seen, Is.EquivalentTo(new[]
        {
            "channels.worker.attempts jobs failed", "channels.worker.duration jobs failed", "channels.worker.attempts jobs failed", "channels.worker.duration jobs failed",
            "channels.worker.deadlettered jobs", "channels.worker.attempts jobs done", "channels.worker.duration jobs done",
        }));
    }

    [Test]
    public async Task The_health_check_is_unhealthy_when_no_channel_is_read_any_more()
    {
        using var host = await StartAsync("jobs", new JobConsumer.Book().Application);
        var health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.That((await health.CheckHealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy));
        await host.StopAsync();
        var after = await health.CheckHealthAsync();
        Assert.That(after.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(after.Entries["channels-workers"].Description, Does.Contain("jobs"));
    }

    [Test]
    public async Task Lifespan_runs_once_for_all_channels_of_one_application_and_its_state_reaches_the_jobs()
    {
        var events = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var found = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Application application = async (scope, receive, send) =>
        {
            if (scope is LifespanScope lifespan)
            {
                events.Enqueue((await receive()).Type);
                lifespan.State!["answer"] = 42; // a host that runs lifespan gives a state
                await send(new LifespanStartupComplete());
                events.Enqueue((await receive()).Type);
                await send(new LifespanShutdownComplete());
                return;
            }

            if (await receive() is ChannelMessage)
            {
                found.TrySetResult(scope.State?["answer"]);
            }
        };
        using var host = await StartAsync("jobs", application, services: services => services.AddChannelWorker("others", application));
        await host.Layer().SendAsync("others", Job(1));
        Assert.That(await found.Task.WaitAsync(Eventually.Patience), Is.EqualTo(42));
        await host.StopAsync();
        Assert.That(events, Is.EqualTo(new[] { "lifespan.startup", "lifespan.shutdown" }));
    }

    [Test]
    [Proves("C-WORK-05")]
    public async Task A_job_that_an_ending_instance_was_waiting_for_goes_to_the_next_one()
    {
        var runs = 0;
        var seen = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var host = await StartAsync("jobs", ChannelFunction(async (_, receive, _) =>
        {
            if (Interlocked.Increment(ref runs) == 1)
            {
                _ = receive().AsTask(); // asks, and ends before the answer, as a consumer does that a message from elsewhere ends
                throw new InvalidOperationException("ended by something else");
            }

            if (await receive() is ChannelMessage job)
            {
                seen.TrySetResult(job.Number());
            }
        }));
        await Eventually.Is(() => Volatile.Read(ref runs) > 1);
        await host.Layer().SendAsync("jobs", Job(7));
        Assert.That(await seen.Task.WaitAsync(Eventually.Patience), Is.EqualTo(7));
        await host.StopAsync();
        Assert.That(await host.DeadLetters().ListAsync("jobs"), Is.Empty);
    }

    [Test]
    public async Task The_pause_between_attempts_doubles_up_to_its_limit()
    {
        var time = new ManualTimeProvider();
        var book = new JobConsumer.Book { Handle = (_, _) => throw new InvalidOperationException("bad") };
        using var host = await StartAsync(
            "jobs", book.Application, options => (options.MaxAttempts, options.RetryDelay, options.MaxRetryDelay) = (4, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)),
            services => services.AddSingleton<TimeProvider>(time));
        await host.Layer().SendAsync("jobs", Job(1));
        await book.NextStartedAsync();
        foreach (var (seconds, timers) in new[] { (1, 1), (2, 2), (3, 2) }) // from the second failure on the log has one, too
        {
            await time.WaitForTimersAsync(timers);
            time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            Assert.That(time.ActiveTimers, Is.EqualTo(timers), "not yet");
            time.Advance(TimeSpan.FromTicks(1));
            await book.NextStartedAsync();
        }

        Assert.That((await FirstLetterAsync(host)).Attempts, Is.EqualTo(4));
        await host.StopAsync();
    }

    private static string Text(string name, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = name;
        foreach (var tag in tags)
        {
            text += $" {tag.Value}";
        }

        return text;
    }
}
