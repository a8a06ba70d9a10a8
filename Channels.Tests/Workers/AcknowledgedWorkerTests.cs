using Channels.Layers.Redis;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static Channels.Tests.Workers.WorkerHarness;

namespace Channels.Tests.Workers;

[TestFixture(null)]
[TestFixture("resp2")]
[TestFixture("resp3")]
public sealed class AcknowledgedWorkerTests(string? protocol)
{
    private RedisServer? _server;

    [TearDown]
    public async Task StopServerAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Test]
    public async Task A_finished_job_is_gone()
    {
        var book = new JobConsumer.Book();
        using var host = await StartHostAsync(book);
        await Queue(host).SendAsync("jobs", Job(1));
        await Queue(host).SendAsync("jobs", Job(2));
        Assert.That(new[] { await book.NextDoneAsync(), await book.NextDoneAsync() }, Is.EqualTo(new[] { 1L, 2L }));
        await host.StopAsync();
        await AssertEmptyAsync(host);
    }

    [Test]
    public async Task A_job_that_was_cut_off_by_the_stop_goes_back_and_is_done_by_the_next_worker()
    {
        var book = new JobConsumer.Book { Handle = (_, aborted) => Task.Delay(Timeout.Infinite, aborted) };
        using var host = await StartHostAsync(book, options => options.StopTimeout = TimeSpan.Zero);
        await Queue(host).SendAsync("jobs", Job(1));
        await book.NextStartedAsync();
        await host.StopAsync();
        using var limit = new CancellationTokenSource(Eventually.Patience);
        var again = await Queue(host).TakeAsync("jobs", limit.Token);
        Assert.That((again.Message.Number(), again.Attempt), Is.EqualTo((1L, 2)));
        Assert.That(await host.DeadLetters().ListAsync("jobs"), Is.Empty);
    }

    [Test]
    public async Task A_failing_job_is_tried_MaxAttempts_times_and_then_kept_for_replay_into_the_queue()
    {
        var fail = true;
        var book = new JobConsumer.Book();
        book.Handle = (_, _) => fail ? throw new InvalidOperationException("bad") : Task.CompletedTask;
        using var host = await StartHostAsync(book, options => options.MaxAttempts = 2);
        await Queue(host).SendAsync("jobs", Job(1));
        var letter = await FirstLetterAsync(host);
        Assert.That((letter.Attempts, letter.Acknowledged, book.Started.Count), Is.EqualTo((2, true, 2)));
        fail = false;
        Assert.That(await host.DeadLetters().ReplayAsync(host.Services, "jobs", letter.Id), Is.True);
        Assert.That(await book.NextDoneAsync(), Is.EqualTo(1));
        await host.StopAsync();
        await AssertEmptyAsync(host);
    }

    [Test]
    [Proves("F-21")]
    public async Task The_job_of_a_worker_that_went_silent_is_done_by_another_and_counts_as_an_attempt()
    {
        var book = new JobConsumer.Book();
        using var host = await BuildHostAsync(book);
        var queue = Queue(host);
        await queue.SendAsync("jobs", Job(1));
        using var limit = new CancellationTokenSource(Eventually.Patience);
        var silent = await queue.TakeAsync("jobs", limit.Token);
        var again = await queue.TakeAsync("jobs", limit.Token);
        Assert.That((silent.Attempt, again.Attempt, again.Message.Number()), Is.EqualTo((1, 2, 1L)));
        await again.CompleteAsync();
        await AssertEmptyAsync(host);
    }

    [Test]
    public async Task A_job_is_renewed_while_its_handler_runs_and_not_handed_out_again()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var book = new JobConsumer.Book { Handle = (_, _) => release.Task };

        // Long enough for a renewal to come in time, whatever else the machine does.
        using var host = await BuildHostAsync(book, settings: new() { ["Channels:Jobs:VisibilityTime"] = "00:00:05" });
        await host.StartAsync();
        await Queue(host).SendAsync("jobs", Job(1));
        await book.NextStartedAsync();
        using (var longerThanVisibility = new CancellationTokenSource(TimeSpan.FromSeconds(7)))
        {
            Assert.That(async () => await Queue(host).TakeAsync("jobs", longerThanVisibility.Token), Throws.InstanceOf<OperationCanceledException>());
        }

        release.SetResult();
        Assert.That(await book.NextDoneAsync(), Is.EqualTo(1));
        await host.StopAsync();
        await AssertEmptyAsync(host);
    }

    [Test]
    public async Task A_job_whose_workers_all_died_is_kept_instead_of_killing_one_more()
    {
        var book = new JobConsumer.Book();
        using var host = await BuildHostAsync(book, options => options.MaxAttempts = 1);
        await Queue(host).SendAsync("jobs", Job(1));
        using var limit = new CancellationTokenSource(Eventually.Patience);
        await Queue(host).TakeAsync("jobs", limit.Token); // and never heard of again
        await host.StartAsync();
        var letter = await FirstLetterAsync(host);
        Assert.That((letter.Attempts, book.Started.Count), Is.EqualTo((1, 0)));
        await host.StopAsync();
    }

    [Test]
    public async Task A_full_queue_refuses()
    {
        using var host = await BuildHostAsync(new JobConsumer.Book(), settings: new() { ["Channels:Jobs:Capacity"] = "1" });
        await Queue(host).SendAsync("jobs", Job(1));
        Assert.That(async () => await Queue(host).SendAsync("jobs", Job(2)), Throws.TypeOf<ChannelFullException>());
    }

    private static IJobQueue Queue(IHost host) => host.Services.GetRequiredService<IJobQueue>();

    private static async Task AssertEmptyAsync(IHost host)
    {
        using var longerThanVisibility = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        Assert.That(async () => await Queue(host).TakeAsync("jobs", longerThanVisibility.Token), Throws.InstanceOf<OperationCanceledException>(), "nothing is repeated");
        await Task.CompletedTask;
    }

    private async Task<IHost> StartHostAsync(JobConsumer.Book book, Action<ChannelWorkerOptions>? configure = null)
    {
        var host = await BuildHostAsync(book, configure);
        await host.StartAsync();
        return host;
    }

    private async Task<IHost> BuildHostAsync(JobConsumer.Book book, Action<ChannelWorkerOptions>? configure = null, Dictionary<string, string?>? settings = null)
    {
        _server ??= protocol is not null ? await RedisServer.StartAsync() : null;
        settings ??= [];
        settings.TryAdd("Channels:Jobs:VisibilityTime", "00:00:01");
        return Build("jobs", book.Application, Configure, Register, settings);

        void Configure(ChannelWorkerOptions options)
        {
            options.Acknowledged = true;
            configure?.Invoke(options);
        }

        void Register(IServiceCollection services)
        {
            if (_server is null)
            {
                services.AddChannels().AddInMemoryJobs();
            }
            else
            {
                services.AddChannels().AddRedisLayer(configure: options => options.Hosts.Add($"{_server.Address},protocol={protocol}")).AddRedisJobs().AddRedisDeadLetters();
            }
        }
    }
}
