using System.Globalization;
using Channels.Layers.Redis;
using Channels.Testing;
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
    private const int Capacity = 2;
    private readonly ManualTimeProvider _time = new(); // of queues in memory; over Redis it is the server's
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
        using var host = await BuildHostAsync(book, settings: Visible(1));
        var queue = Queue(host);
        await queue.SendAsync("jobs", Job(1));
        using var limit = new CancellationTokenSource(Eventually.Patience);
        var silent = await queue.TakeAsync("jobs", limit.Token);
        _time.Advance(TimeSpan.FromSeconds(1));
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
        using var host = await StartHostAsync(book, settings: Visible(3));
        await Queue(host).SendAsync("jobs", Job(1));
        await book.NextStartedAsync();
        await (_server is null ? RenewedInMemoryAsync(host) : RenewedInTheServerAsync(_server));
        release.SetResult();
        Assert.That(await book.NextDoneAsync(), Is.EqualTo(1));
        await host.StopAsync();
        await AssertEmptyAsync(host);
    }

    [Test]
    public async Task A_job_whose_workers_all_died_is_kept_instead_of_killing_one_more()
    {
        var book = new JobConsumer.Book();
        using var host = await BuildHostAsync(book, options => options.MaxAttempts = 1, Visible(1));
        await Queue(host).SendAsync("jobs", Job(1));
        using var limit = new CancellationTokenSource(Eventually.Patience);
        await Queue(host).TakeAsync("jobs", limit.Token); // and never heard of again
        _time.Advance(TimeSpan.FromSeconds(1));
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

    private static Dictionary<string, string?> Visible(int seconds) => new() { ["Channels:Jobs:VisibilityTime"] = $"00:00:0{seconds}" };

    // Jobs that wait or are at work take places: only an empty queue has room for as many as it may hold.
    private static async Task AssertEmptyAsync(IHost host)
    {
        for (var n = 0; n < Capacity; n++)
        {
            await Queue(host).SendAsync("jobs", Job(n));
        }
    }

    private async Task RenewedInMemoryAsync(IHost host)
    {
        for (var seconds = 0; seconds < 6; seconds++)
        {
            await _time.WaitForTimersAsync(2); // the queue's, which would hand it out, and the worker's, which renews it each second
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await _time.WaitForTimersAsync(2);
        using var enough = new CancellationTokenSource();
        var taking = Queue(host).TakeAsync("jobs", enough.Token).AsTask();
        Assert.That(taking.IsCompleted, Is.False, "nothing waits");
        await enough.CancelAsync();
        Assert.That(async () => await taking, Throws.InstanceOf<OperationCanceledException>());
    }

    // How long the server has not heard of the job only grows, unless it is renewed.
    private static async Task RenewedInTheServerAsync(RedisServer server)
    {
        var silence = -1L;
        for (var renewals = 0; renewals < 2; renewals++)
        {
            await Eventually.Is(async () =>
            {
                var before = silence;
                var pending = (await server.CommandAsync("XPENDING", "asgi:jobs:{jobs}", "workers", "-", "+", "1")).Split('\n');
                silence = long.Parse(pending.First(line => line.StartsWith(':')).AsSpan(1), CultureInfo.InvariantCulture);
                return silence < before;
            });
        }
    }

    private async Task<IHost> StartHostAsync(JobConsumer.Book book, Action<ChannelWorkerOptions>? configure = null, Dictionary<string, string?>? settings = null)
    {
        var host = await BuildHostAsync(book, configure, settings);
        await host.StartAsync();
        return host;
    }

    private async Task<IHost> BuildHostAsync(JobConsumer.Book book, Action<ChannelWorkerOptions>? configure = null, Dictionary<string, string?>? settings = null)
    {
        _server ??= protocol is not null ? await RedisServer.StartAsync() : null;
        settings ??= [];
        settings.TryAdd("Channels:Jobs:Capacity", $"{Capacity}");
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
                services.AddSingleton<TimeProvider>(_time).AddChannels().AddInMemoryJobs();
            }
            else
            {
                services.AddChannels().AddRedisLayer(configure: RedisOptions.Of($"{_server.Address},protocol={protocol}")).AddRedisJobs().AddRedisDeadLetters();
            }
        }
    }
}
