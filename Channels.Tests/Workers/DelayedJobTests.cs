using System.Diagnostics.Metrics;
using System.Globalization;
using Channels.Layers.Redis;
using Channels.Testing;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using static Channels.Tests.Workers.WorkerHarness;

namespace Channels.Tests.Workers;

/// <summary>What every job queue promises of jobs that wait for their time. In memory the clock is the test's, over Redis the server's.</summary>
[TestFixture(false)]
[TestFixture(true)]
public sealed class DelayedJobTests(bool onRedis)
{
    // Over Redis it really passes.
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Far = TimeSpan.FromHours(1);
    private ManualTimeProvider _time = null!; // before each test
    private RedisServer? _server; // over Redis, before each test
    private ServiceProvider _services = null!; // before each test
    private IJobQueue _queue = null!; // before each test
    private CancellationTokenSource _limit = null!; // before each test

    [SetUp]
    public async Task StartAsync()
    {
        _time = new();
        _server = onRedis ? await RedisServer.StartAsync() : null;
        _services = Build();
        _queue = _services.GetRequiredService<IJobQueue>();
        _limit = new(Eventually.Patience);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _limit.Dispose();
        await _services.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Test]
    public async Task A_job_does_not_start_before_its_delay_is_over()
    {
        var due = await NowAsync() + Delay;
        await _queue.ScheduleAsync("jobs", Job(1), Delay);
        var taking = TakeAsync();
        Pass(Delay - TimeSpan.FromMilliseconds(1));
        if (!onRedis)
        {
            Assert.That(taking.IsCompleted, Is.False);
        }

        Pass(TimeSpan.FromMilliseconds(1));
        Assert.That((await taking).Message.Number(), Is.EqualTo(1));
        Assert.That(await NowAsync(), Is.GreaterThanOrEqualTo(due));
    }

    [Test]
    public async Task A_job_does_not_start_before_its_time()
    {
        var due = await NowAsync() + Delay;
        await _queue.ScheduleAsync("jobs", Job(1), due.ToOffset(TimeSpan.FromHours(5)));
        Pass(Delay);
        Assert.That((await TakeAsync()).Attempt, Is.EqualTo(1));
        Assert.That(await NowAsync(), Is.GreaterThanOrEqualTo(due));
    }

    [Test]
    public async Task A_time_that_is_past_is_now()
    {
        await _queue.ScheduleAsync("jobs", Job(1), DateTimeOffset.UnixEpoch);
        await _queue.ScheduleAsync("jobs", Job(2), TimeSpan.Zero);
        await _queue.ScheduleAsync("jobs", Job(3), default);
        Assert.That(new[] { await NumberAsync(), await NumberAsync(), await NumberAsync() }, Is.EqualTo(new[] { 1L, 2L, 3L }));
    }

    [Test]
    public async Task Jobs_start_in_the_order_of_their_times_whatever_came_first()
    {
        var channel = "";
        var first = DateTimeOffset.MinValue;
        for (var attempt = 0; await NowAsync() >= first; attempt++) // again, elsewhere, when all were told only after the first was due
        {
            (channel, first) = ($"jobs{attempt}", await NowAsync() + Delay);
            foreach (var n in new[] { 3, 1, 2 })
            {
                await _queue.ScheduleAsync(channel, Job(n), first + ((n - 1) * Delay));
            }
        }

        Pass(Delay * 3);
        var numbers = new List<long>();
        for (var n = 0; n < 3; n++)
        {
            numbers.Add((await _queue.TakeAsync(channel, _limit.Token)).Message.Number());
        }

        Assert.That(numbers, Is.EqualTo(new[] { 1L, 2L, 3L }));
    }

    [Test]
    public async Task Many_jobs_that_are_due_together_all_start_once()
    {
        for (var n = 0; n < 250; n++)
        {
            await _queue.ScheduleAsync("jobs", Job(n), Delay);
        }

        Pass(Delay);
        var numbers = new List<long>();
        for (var n = 0; n < 250; n++)
        {
            var job = await TakeAsync();
            numbers.Add(job.Message.Number());
            await job.CompleteAsync();
        }

        Assert.That(numbers, Is.Unique);
    }

    [Test]
    public async Task A_waiting_worker_hears_of_a_job_that_is_due_before_the_one_it_knows_of()
    {
        await _queue.ScheduleAsync("jobs", Job(1), Far);
        var taking = TakeAsync();
        var before = await LastEntryWhenAWorkerWaitsAsync();
        await _queue.ScheduleAsync("jobs", Job(2), Delay);
        Assert.That(await LastEntryAsync(), onRedis ? Is.Not.EqualTo(before) : Is.EqualTo(before), "what wakes a reader");
        Pass(Delay);
        Assert.That((await taking).Message.Number(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_waiting_worker_is_left_alone_by_jobs_that_are_due_later()
    {
        await _queue.ScheduleAsync("jobs", Job(1), Far);
        var taking = TakeAsync();
        var before = await LastEntryWhenAWorkerWaitsAsync();
        await _queue.ScheduleAsync("jobs", Job(2), Far * 2);
        Assert.That(await LastEntryAsync(), Is.EqualTo(before));
        Pass(Far);
        if (onRedis)
        {
            await _queue.ScheduleAsync("jobs", Job(1), TimeSpan.Zero);
        }

        Assert.That((await taking).Message.Number(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_cancelled_job_does_not_start()
    {
        await _queue.ScheduleAsync("jobs", Job(1), Delay, "one");
        var id = await _queue.ScheduleAsync("jobs", Job(2), Delay);
        await _queue.ScheduleAsync("jobs", Job(3), Delay * 2);
        Assert.That(new[] { await _queue.CancelAsync("jobs", "one"), await _queue.CancelAsync("jobs", id) }, Is.All.True);
        Assert.That(new[] { await _queue.CancelAsync("jobs", "one"), await _queue.CancelAsync("others", id), await _queue.CancelAsync("jobs", "none") }, Is.All.False);
        Pass(Delay * 2);
        Assert.That(await NumberAsync(), Is.EqualTo(3));
    }

    [Test]
    public async Task A_job_that_has_started_cannot_be_cancelled_and_its_id_is_free()
    {
        await _queue.ScheduleAsync("jobs", Job(1), Delay, "one");
        Pass(Delay);
        await (await TakeAsync()).CompleteAsync();
        Assert.That(await _queue.CancelAsync("jobs", "one"), Is.False);
        await _queue.ScheduleAsync("jobs", Job(2), Delay, "one");
        Pass(Delay);
        Assert.That(await NumberAsync(), Is.EqualTo(2));
    }

    [Test]
    public async Task What_is_scheduled_under_the_same_id_takes_the_place_of_the_former_job_and_its_time()
    {
        await _queue.ScheduleAsync("jobs", Job(1), Far, "one");
        Assert.That(await _queue.ScheduleAsync("jobs", Job(2), Delay, "one"), Is.EqualTo("one"));
        await _queue.ScheduleAsync("jobs", Job(3), Delay, "two");
        await _queue.ScheduleAsync("jobs", Job(4), TimeSpan.Zero, "two");
        Assert.That(await NumberAsync(), Is.EqualTo(4));
        Pass(Delay);
        Assert.That(await NumberAsync(), Is.EqualTo(2));
        Assert.That(await _queue.CancelAsync("jobs", "one"), Is.False);
    }

    [Test]
    public async Task Delayed_jobs_take_part_in_the_bounds_of_their_channel()
    {
        await RebuildAsync(("Channels:Jobs:Capacity", "2"), ("Channels:Jobs:MaxBytes", "100000"));
        await _queue.ScheduleAsync("jobs", Large(40_000), Far, "one");
        Assert.That(async () => await _queue.SendAsync("jobs", Large(70_000)), Throws.TypeOf<ChannelFullException>().With.Message.Contains("Channels:Jobs:MaxBytes"));
        Assert.That(async () => await _queue.ScheduleAsync("jobs", Large(70_000), Far), Throws.TypeOf<ChannelFullException>());
        await _queue.ScheduleAsync("jobs", Large(90_000), Far, "one"); // in the place of the other
        await _queue.ScheduleAsync("jobs", Large(30_000), Far, "one");
        await _queue.SendAsync("jobs", Large(60_000));
        Assert.That(async () => await _queue.SendAsync("jobs", Job(1)), Throws.TypeOf<ChannelFullException>());
        Assert.That(async () => await _queue.ScheduleAsync("jobs", Job(1), Far, "other"), Throws.TypeOf<ChannelFullException>());
        await _queue.CancelAsync("jobs", "one");
        await _queue.ScheduleAsync("jobs", Large(30_000), Delay, "two");
        await (await TakeAsync()).CompleteAsync();
        Pass(Delay);
        var two = await TakeAsync();
        await _queue.SendAsync("jobs", Large(60_000));
        Assert.That(async () => await _queue.SendAsync("jobs", Job(1)), Throws.TypeOf<ChannelFullException>());
        await two.CompleteAsync();
        await (await TakeAsync()).CompleteAsync();
        await _queue.SendAsync("jobs", Large(90_000));
    }

    [Test]
    public void Times_and_ids_that_cannot_be_meant_are_refused_by_the_name_of_the_parameter()
    {
        Assert.That(async () => await _queue.ScheduleAsync("jobs", Job(1), TimeSpan.FromTicks(-1)), Refused("delay").And.Message.Contains("0 to 3650 days"));
        Assert.That(async () => await _queue.ScheduleAsync("jobs", Job(1), TimeSpan.MaxValue), Refused("delay"));
        Assert.That(async () => await _queue.ScheduleAsync("jobs", Job(1), DateTimeOffset.MaxValue), Refused("start").And.Message.Contains("3650 days"));
        Assert.That(async () => await _queue.ScheduleAsync("jobs", Job(1), Delay, ""), Refused("id"));
        Assert.That(async () => await _queue.ScheduleAsync("jobs", Job(1), Delay, new string('x', 257)), Refused("id").And.Message.Contains("256"));
        Assert.That(async () => await _queue.CancelAsync("jobs", ""), Refused("id"));
        Assert.That(async () => await _queue.ScheduleAsync("no channel", Job(1), Delay), Throws.InstanceOf<ArgumentException>());

        static NUnit.Framework.Constraints.EqualStringConstraint Refused(string parameter) => Throws.InstanceOf<ArgumentException>().With.Property(nameof(ArgumentException.ParamName)).EqualTo(parameter);
    }

    [Test]
    public async Task The_number_of_delayed_jobs_is_a_metric()
    {
        await _queue.ScheduleAsync("jobs", Job(1), Far);
        await _queue.ScheduleAsync("jobs", Job(2), Far);
        _ = TakeAsync(); // over Redis the processes that read a channel know
        var seen = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "channels.jobs.delayed" && instrument.Meter.Scope == _services.GetRequiredService<IMeterFactory>())
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, number, tags, _) => seen = tags.Contains(new("channels.channel", "jobs")) && tags.Contains(new("channels.layer", "default")) ? number : seen);
        listener.Start();
        await Eventually.Is(() =>
        {
            listener.RecordObservableInstruments();
            return seen == 2;
        });
    }

    private static ChannelMessage Large(int bytes) => new("job", new() { ["n"] = 1L, ["png"] = new byte[bytes] });

    private Task<TakenJob> TakeAsync() => _queue.TakeAsync("jobs", _limit.Token).AsTask();

    private async Task<long> NumberAsync() => (await TakeAsync()).Message.Number();

    private void Pass(TimeSpan time) => _time.Advance(time);

    private async Task<string> LastEntryWhenAWorkerWaitsAsync()
    {
        if (_server is not null)
        {
            await Eventually.Is(async () => (await _server.CommandAsync("CLIENT", "LIST")).Contains("cmd=xreadgroup", StringComparison.Ordinal));
            await Eventually.Is(async () => await _server.CommandAsync("XLEN", "asgi:jobs:{jobs}") == ":0\n");
        }

        return await LastEntryAsync();
    }

    // The id of the last entry that the stream ever had; none in memory.
    private async Task<string> LastEntryAsync()
    {
        var lines = _server is null ? [] : (await _server.CommandAsync("XINFO", "STREAM", "asgi:jobs:{jobs}")).Split('\n');
        return lines.SkipWhile(line => line != "last-generated-id").ElementAtOrDefault(2) ?? "";
    }

    private async Task<DateTimeOffset> NowAsync()
    {
        if (_server is null)
        {
            return _time.GetUtcNow();
        }

        var parts = (await _server.CommandAsync("TIME")).Split('\n'); // *2, $10, seconds, $6, microseconds
        return DateTimeOffset.FromUnixTimeMilliseconds((long.Parse(parts[2], CultureInfo.InvariantCulture) * 1000) + (long.Parse(parts[4], CultureInfo.InvariantCulture) / 1000));
    }

    private async Task RebuildAsync(params (string Key, string Value)[] settings)
    {
        await _services.DisposeAsync();
        _services = Build(settings);
        _queue = _services.GetRequiredService<IJobQueue>();
    }

    private ServiceProvider Build(params (string Key, string Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value))).Build());
        if (_server is null)
        {
            services.AddSingleton<TimeProvider>(_time);
            services.AddChannels().AddInMemoryJobs();
        }
        else
        {
            services.AddChannels().AddRedisLayer(configure: RedisOptions.Of(_server.Address)).AddRedisJobs();
        }

        return services.BuildServiceProvider();
    }
}
