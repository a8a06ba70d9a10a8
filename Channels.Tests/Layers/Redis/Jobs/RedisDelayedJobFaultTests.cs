using System.Globalization;
using Channels.Layers.Redis;
using Channels.Tests.Support;
using Channels.Tests.Workers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using static Channels.Tests.Workers.WorkerHarness;

namespace Channels.Tests.Layers.Redis.Jobs;

/// <summary>Delayed and periodic jobs when processes come and go, and when the server is short of memory or has lost data.</summary>
public sealed class RedisDelayedJobFaultTests
{
    private const string Stream = "asgi:jobs:{jobs}";
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Far = TimeSpan.FromHours(1);
    private RedisServer _server = null!; // before each test
    private CancellationTokenSource _limit = null!; // before each test

    [SetUp]
    public async Task StartAsync()
    {
        _server = await RedisServer.StartAsync();
        _limit = new(Eventually.Patience);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _limit.Dispose();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task A_delayed_job_outlives_the_process_that_sent_it_and_those_that_waited()
    {
        using (var former = Build())
        {
            await QueueOf(former).ScheduleAsync("jobs", Job(1), Delay);
            await ((IAsyncDisposable)former).DisposeAsync();
        }

        using var host = Build();
        Assert.That((await TakeAsync(host)).Message.Number(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_waiting_worker_gets_a_delayed_job_after_its_connections_were_cut()
    {
        using var host = Build(visibility: TimeSpan.FromSeconds(2)); // the job may have been on its way
        await QueueOf(host).ScheduleAsync("jobs", Job(1), Delay);
        var taking = TakeAsync(host);
        await Eventually.Is(async () => (await _server.CommandAsync("CLIENT", "LIST")).Contains("cmd=xreadgroup", StringComparison.Ordinal));
        await _server.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
        Assert.That((await taking).Message.Number(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_server_without_memory_lets_jobs_be_worked_off_given_back_started_and_cancelled()
    {
        using var host = Build();
        var queue = QueueOf(host);
        await queue.SendAsync("jobs", Job(1));
        await queue.SendAsync("jobs", Job(2));
        await queue.ScheduleAsync("jobs", Job(3), Far, "three");
        await queue.ScheduleAsync("jobs", Job(4), Far, "four");
        var jobs = new[] { await TakeAsync(host), await TakeAsync(host) };
        await _server.CommandAsync("ZADD", $"{Stream}:delayed", "1", "three"); // its time has come, and nobody looks yet
        await _server.CommandAsync("CONFIG", "SET", "maxmemory", "1");
        Assert.That(async () => await queue.SendAsync("jobs", Job(5), _limit.Token), Throws.Exception.With.Message.Contains("OOM"));
        Assert.That(async () => await queue.ScheduleAsync("jobs", Job(6), Far, cancellationToken: _limit.Token), Throws.Exception.With.Message.Contains("OOM"));
        await jobs[0].CompleteAsync(_limit.Token);
        await jobs[1].ReleaseAsync(countAttempt: false, _limit.Token);
        Assert.That(await queue.CancelAsync("jobs", "four", _limit.Token), Is.True);
        var rest = new[] { await TakeAsync(host), await TakeAsync(host) };
        Assert.That(rest.Select(job => job.Message.Number()), Is.EquivalentTo([2L, 3L]));
        await rest[0].CompleteAsync(_limit.Token);
        await rest[1].CompleteAsync(_limit.Token);
        Assert.That(await _server.CommandAsync("EXISTS", Stream + ":size", Stream + ":delayed", Stream + ":delayed:bodies"), Is.EqualTo(":0\n"));
    }

    [TestCase(":size")]
    [TestCase(":delayed:bodies")]
    [TestCase(":delayed")]
    public async Task What_others_took_away_hinders_no_other_job(string key)
    {
        using var host = Build();
        await QueueOf(host).ScheduleAsync("jobs", Job(1), Delay);
        await _server.CommandAsync("DEL", Stream + key);
        await QueueOf(host).ScheduleAsync("jobs", Job(2), Delay * 2);
        var job = await TakeAsync(host);
        if (key == ":size")
        {
            Assert.That(job.Message.Number(), Is.EqualTo(1));
            job = await TakeAsync(host);
        }

        Assert.That(job.Message.Number(), Is.EqualTo(2));
        Assert.That(await _server.CommandAsync("ZCARD", $"{Stream}:delayed"), Is.EqualTo(":0\n"));
    }

    [Test]
    public async Task Of_two_hosts_with_the_same_periodic_job_one_sends_each_occurrence()
    {
        var book = new JobConsumer.Book();
        var start = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        using var one = await StartAsync();
        using var other = await StartAsync();
        for (var n = 0; n < 3; n++)
        {
            await Eventually.Is(() => book.Done.TryTake(out var number) && number == 5);
        }

        await one.StopAsync();
        await other.StopAsync();
        Assert.That(3 + book.Done.Count, Is.LessThanOrEqualTo(((await LastDueAsync() - start) / 1000) + 1), "no more than there were: one a second, and the first may be due at once");

        async Task<IHost> StartAsync()
        {
            var host = Build(services =>
            {
                services.AddChannelWorker("jobs", book.Application, options => options.Acknowledged = true);
                services.AddPeriodicJob("name", "jobs", Job(5), JobPeriod.Every(TimeSpan.FromSeconds(1)));
            });
            await host.StartAsync();
            return host;
        }

        async Task<long> LastDueAsync()
        {
            var last = "";
            await Eventually.Is(async () => (last = await _server.CommandAsync("HGET", $"{Stream}:periodic", "name")) != "$-1\n");
            return long.Parse(last.Split('\n')[1].Split(' ')[0], CultureInfo.InvariantCulture);
        }
    }

    [Test]
    public async Task A_periodic_job_that_nobody_registers_any_more_is_forgotten_and_one_that_repeats_seldom_is_not()
    {
        using var host = Build();
        var now = DateTimeOffset.UtcNow;
        await RepeatAsync("removed", now.AddDays(-32), TimeSpan.FromHours(1));
        await RepeatAsync("yearly", now.AddDays(-364), TimeSpan.FromDays(365));
        await RepeatAsync("resting", now.AddDays(-20), TimeSpan.FromHours(1));
        await RepeatAsync("hourly", now, TimeSpan.FromHours(1));
        Assert.That((await _server.CommandAsync("HKEYS", $"{Stream}:periodic")).Split('\n').Where(line => line.Length > 0 && char.IsLetter(line[0])), Is.EquivalentTo(new[] { "yearly", "resting", "hourly" }));

        // What was forgotten, and is registered anew, is a new job.
        Assert.That(await SendAsync("removed", now, previous: null), Is.False);
        Assert.That(await SendAsync("removed", now.AddHours(1), previous: null), Is.True);

        async Task RepeatAsync(string name, DateTimeOffset last, TimeSpan period)
        {
            Assert.That(await SendAsync(name, last - period, previous: null), Is.False);
            Assert.That(await SendAsync(name, last, last - period), Is.True);
            await (await TakeAsync(host)).CompleteAsync();
        }

        ValueTask<bool> SendAsync(string name, DateTimeOffset due, DateTimeOffset? previous) =>
            ((IPeriodicJobQueue)QueueOf(host)).SendOccurrenceAsync("jobs", Job(1), name, due, previous);
    }

    private static IJobQueue QueueOf(IHost host) => host.Services.GetRequiredService<IJobQueue>();

    private Task<TakenJob> TakeAsync(IHost host) => QueueOf(host).TakeAsync("jobs", _limit.Token).AsTask();

    // Nobody renews jobs that a test takes by hand, and a worker that is held up renews them late: a short time would give them to others.
    private IHost Build(Action<IServiceCollection>? more = null, TimeSpan? visibility = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>("Channels:Jobs:VisibilityTime", $"{visibility ?? Eventually.Patience}")]);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddChannels().AddRedisJobs().AddRedisLayer(configure: options =>
        {
            options.Hosts.Add(_server.Address);
            RedisOptions.BePatient(options);
        });
        more?.Invoke(builder.Services);
        return builder.Build();
    }
}
