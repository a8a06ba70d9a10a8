using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using static Channels.Tests.Workers.WorkerHarness;

namespace Channels.Tests.Workers;

public sealed class WorkerTests
{
    [Test]
    [Proves("C-WORK-01")]
    public async Task Messages_of_a_channel_are_handled_in_order_by_one_instance()
    {
        var book = new JobConsumer.Book();
        using var host = await StartAsync("jobs", book.Application);
        for (var n = 1; n <= 3; n++)
        {
            await host.Layer().SendAsync("jobs", Job(n));
        }

        Assert.That(new[] { await book.NextStartedAsync(), await book.NextStartedAsync(), await book.NextStartedAsync() }, Is.EqualTo(new[] { (1L, 1), (2L, 1), (3L, 1) }));
        await host.StopAsync();
    }

    [Test]
    [Proves("C-WORK-02")]
    public async Task The_scope_is_a_channel_scope_with_the_channels_name()
    {
        var seen = new TaskCompletionSource<Scope>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var host = await StartAsync("jobs", ChannelFunction(async (scope, receive, _) =>
        {
            await receive();
            seen.TrySetResult(scope);
        }));
        await host.Layer().SendAsync("jobs", Job(1));
        var scope = await seen.Task.WaitAsync(Eventually.Patience);
        Assert.That(scope, Is.TypeOf<ChannelScope>().With.Property("Channel").EqualTo("jobs").And.Property("Type").EqualTo("channel"));
        await host.StopAsync();
    }

    [Test]
    [Proves("C-WORK-03")]
    public void An_unknown_layer_stops_the_start_by_name()
    {
        using var host = Build("jobs", new JobConsumer.Book().Application, options => options.Layer = "nowhere");
        Assert.That(async () => await host.StartAsync(), Throws.InvalidOperationException.With.Message.Contains("Channels:Workers:jobs:Layer: There is no channel layer 'nowhere'"));
    }

    [Test]
    [Proves("C-WORK-04", "C-WORK-05")]
    public async Task After_an_error_a_new_instance_goes_on_and_no_message_is_lost()
    {
        var book = new JobConsumer.Book { Handle = (job, _) => job.Number() == 1 ? throw new InvalidOperationException("bad job") : Task.CompletedTask };
        using var host = await StartAsync("jobs", book.Application);
        await host.Layer().SendAsync("jobs", Job(1));
        await host.Layer().SendAsync("jobs", Job(2));
        await host.Layer().SendAsync("jobs", Job(3));
        Assert.That(new[] { await book.NextDoneAsync(), await book.NextDoneAsync() }, Is.EqualTo(new[] { 2L, 3L }));
        Assert.That(book.Instances, Is.EqualTo(2), "the failed instance was replaced, the next one stayed");
        await host.StopAsync();
    }

    [Test]
    [Proves("C-WORK-07")]
    public async Task Sending_to_a_peer_is_an_error_that_says_what_to_do_instead()
    {
        using var host = await StartAsync("jobs", ChannelFunction(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketClose());
        }));
        await host.Layer().SendAsync("jobs", Job(1));
        var letter = await FirstLetterAsync(host);
        Assert.That(letter.Error, Does.Contain("A worker has no peer").And.Contain("'jobs'"));
        await host.StopAsync();
    }

    [Test]
    [Proves("REL-59", "REL-60")]
    public async Task A_failing_job_starts_once_by_default_and_is_kept()
    {
        var book = new JobConsumer.Book { Handle = (_, _) => throw new InvalidOperationException("poison") };
        using var host = await StartAsync("jobs", book.Application);
        await host.Layer().SendAsync("jobs", Job(7));
        var letter = await FirstLetterAsync(host);
        Assert.Multiple(() =>
        {
            Assert.That(book.Started, Has.Count.EqualTo(1));
            Assert.That(letter.Message.Number(), Is.EqualTo(7));
            Assert.That(letter.Attempts, Is.EqualTo(1));
            Assert.That(letter.Error, Is.EqualTo("InvalidOperationException: poison"));
        });
        await host.StopAsync();
    }

    [Test]
    public async Task A_job_is_tried_MaxAttempts_times_and_stops_failing_jobs_from_blocking_others()
    {
        var book = new JobConsumer.Book { Handle = (job, _) => job.Number() == 1 ? throw new InvalidOperationException("bad") : Task.CompletedTask };
        using var host = await StartAsync("jobs", book.Application, options => options.MaxAttempts = 3);
        await host.Layer().SendAsync("jobs", Job(1));
        await host.Layer().SendAsync("jobs", Job(2));
        Assert.That(await book.NextDoneAsync(), Is.EqualTo(2));
        Assert.That(book.Started.Count(s => s.Number == 1), Is.EqualTo(3));
        Assert.That((await FirstLetterAsync(host)).Attempts, Is.EqualTo(3));
        await host.StopAsync();
    }

    [Test]
    public async Task A_dead_letter_can_be_replayed_once()
    {
        var fail = true;
        var book = new JobConsumer.Book();
        book.Handle = (_, _) => fail ? throw new InvalidOperationException("bad") : Task.CompletedTask;
        using var host = await StartAsync("jobs", book.Application);
        await host.Layer().SendAsync("jobs", Job(1));
        var letter = await FirstLetterAsync(host);
        fail = false;
        Assert.That(await host.DeadLetters().ReplayAsync(host.Services, "jobs", letter.Id), Is.True);
        Assert.That(await book.NextDoneAsync(), Is.EqualTo(1));
        Assert.That(await host.DeadLetters().ReplayAsync(host.Services, "jobs", letter.Id), Is.False);
        Assert.That(await host.DeadLetters().ListAsync("jobs"), Is.Empty);
        await host.StopAsync();
    }

    [Test]
    public async Task Concurrency_handles_that_many_messages_at_a_time()
    {
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var book = new JobConsumer.Book { Handle = (_, _) => all.Task };
        using var host = await StartAsync("jobs", book.Application, options => options.Concurrency = 3);
        for (var n = 0; n < 4; n++)
        {
            await host.Layer().SendAsync("jobs", Job(n));
        }

        for (var n = 0; n < 3; n++)
        {
            await book.NextStartedAsync();
        }

        Assert.That(book.Started, Is.Empty, "the fourth waits");
        all.SetResult();
        Assert.That((await book.NextStartedAsync()).Number, Is.EqualTo(3));
        Assert.That(book.MostRunning, Is.EqualTo(3));
        await host.StopAsync();
    }

    [Test]
    [Proves("REL-47")]
    public async Task Stopping_finishes_what_was_taken_and_leaves_the_rest()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var book = new JobConsumer.Book { Handle = (_, _) => release.Task };
        using var host = await StartAsync("jobs", book.Application);
        await host.Layer().SendAsync("jobs", Job(1));
        await host.Layer().SendAsync("jobs", Job(2));
        await book.NextStartedAsync();

        // Not the host, which may take a moment before it stops its services: the job must end after the stop has begun.
        var stop = host.Services.GetRequiredService<ChannelWorkerHost>().StopAsync(CancellationToken.None);
        release.SetResult();
        await stop.WaitAsync(Eventually.Patience);
        Assert.That(book.Done.ToArray(), Is.EqualTo(new[] { 1L }));
        Assert.That((await host.Layer().ReceiveAsync("jobs")).Number(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_handler_that_outlives_StopTimeout_is_cancelled_and_its_job_kept()
    {
        var book = new JobConsumer.Book { Handle = (_, aborted) => Task.Delay(Timeout.Infinite, aborted) };
        using var host = await StartAsync("jobs", book.Application, options => options.StopTimeout = TimeSpan.Zero);
        await host.Layer().SendAsync("jobs", Job(1));
        await book.NextStartedAsync();
        await host.StopAsync();
        Assert.That((await FirstLetterAsync(host)).Message.Number(), Is.EqualTo(1));
    }

    [Test]
    public async Task An_application_that_fails_before_taking_anything_does_not_spin_and_recovers()
    {
        var calls = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var host = await StartAsync("jobs", ChannelFunction(async (_, receive, _) =>
        {
            if (Interlocked.Increment(ref calls) < 3)
            {
                throw new InvalidOperationException("not yet");
            }

            await receive();
            done.TrySetResult();
        }));
        await host.Layer().SendAsync("jobs", Job(1));
        await done.Task.WaitAsync(Eventually.Patience);
        await host.StopAsync();
    }

    [Test]
    public async Task The_health_check_tells_when_channels_are_read()
    {
        using var host = await StartAsync("jobs", new JobConsumer.Book().Application);
        var health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.That((await health.CheckHealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy));
        await host.StopAsync();
    }
}
