using Channels.Layers.Redis;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using static Channels.Tests.Workers.WorkerHarness;

namespace Channels.Tests.Workers;

/// <summary>What every queue promises of the occurrences of a periodic job, whichever processes hand them in.</summary>
[TestFixture(false)]
[TestFixture(true)]
public sealed class PeriodicJobTests(bool onRedis)
{
    private static readonly DateTimeOffset First = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);
    private RedisServer? _server; // over Redis, before each test
    private ServiceProvider _services = null!; // before each test

    private IJobQueue Jobs => _services.GetRequiredService<IJobQueue>();

    private IPeriodicJobQueue Queue => (IPeriodicJobQueue)Jobs;

    [SetUp]
    public async Task StartAsync()
    {
        _server = onRedis ? await RedisServer.StartAsync() : null;
        _services = Build();
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _services.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Test]
    public async Task A_new_job_begins_with_the_occurrence_after_the_first_that_is_handed_in()
    {
        Assert.That(await SendAsync(0, isFirst: true), Is.False);
        Assert.That(await SendAsync(1, isFirst: true), Is.True);
        Assert.That(await SendAsync(2), Is.False, "the one before waits");
        await TakeAndCompleteAsync();
        Assert.That(await SendAsync(2), Is.False, "it counts as done");
        Assert.That(await SendAsync(3), Is.True);
    }

    [Test]
    public async Task Of_many_that_hand_in_an_occurrence_one_puts_it_into_the_queue()
    {
        await SendAsync(0, isFirst: true);
        for (var n = 1; n <= 20; n++)
        {
            var sent = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SendAsync(n))));
            Assert.That(sent.Count(did => did), Is.EqualTo(1));
            await TakeAndCompleteAsync();
        }

        Assert.That(await SendAsync(19), Is.False, "late");
    }

    [Test]
    public async Task An_occurrence_is_left_out_while_the_one_before_is_at_work()
    {
        await SendAsync(0, isFirst: true);
        await SendAsync(1);
        var job = await TakeAsync();
        Assert.That(await SendAsync(2), Is.False);
        await job.CompleteAsync();
        Assert.That(await SendAsync(3), Is.True);
    }

    [Test]
    public async Task An_occurrence_is_left_out_while_the_one_before_waits_for_another_attempt()
    {
        await SendAsync(0, isFirst: true);
        await SendAsync(1);
        await (await TakeAsync()).ReleaseAsync(countAttempt: true);
        Assert.That(await SendAsync(2), Is.False);
        await TakeAndCompleteAsync();
        Assert.That(await SendAsync(3), Is.True);
    }

    [Test]
    public async Task What_was_missed_is_made_up_for_once()
    {
        await SendAsync(0, isFirst: true);
        Assert.That(await SendAsync(1000, isFirst: true), Is.True, "a process that starts after a long stop");
        Assert.That(await SendAsync(1000), Is.False);
    }

    [Test]
    public async Task A_queue_that_forgot_all_takes_the_next_occurrence_of_a_process_that_has_not()
    {
        await SendAsync(0, isFirst: true);
        if (_server is not null)
        {
            await _server.CommandAsync("FLUSHALL");
        }

        Assert.That(await SendAsync(1), Is.True);
        Assert.That(await SendAsync(1), Is.False);
    }

    [Test]
    public async Task Jobs_of_different_names_or_channels_do_not_know_each_other()
    {
        await SendAsync(0, isFirst: true);
        Assert.That(await Queue.SendOccurrenceAsync("jobs", Job(1), "other", First, First - Period), Is.True);
        Assert.That(await Queue.SendOccurrenceAsync("others", Job(1), "name", First, First - Period), Is.True);
    }

    [Test]
    public async Task A_full_queue_refuses_and_takes_the_occurrence_later()
    {
        await _services.DisposeAsync();
        _services = Build(("Channels:Jobs:Capacity", "1"));
        await Jobs.SendAsync("jobs", Job(7));
        await SendAsync(0, isFirst: true);
        Assert.That(async () => await SendAsync(1), Throws.TypeOf<ChannelFullException>());
        await TakeAndCompleteAsync();
        Assert.That(await SendAsync(1), Is.True);
    }

    [Test]
    public void Names_that_cannot_be_meant_are_refused()
    {
        Assert.That(async () => await Queue.SendOccurrenceAsync("jobs", Job(1), "", First, null), Throws.ArgumentException.With.Property("ParamName").EqualTo("name"));
        Assert.That(async () => await Queue.SendOccurrenceAsync("no channel", Job(1), "name", First, null), Throws.InstanceOf<ArgumentException>());
    }

    private Task<bool> SendAsync(int number, bool isFirst = false) =>
        Queue.SendOccurrenceAsync("jobs", Job(number), "name", First + (number * Period), isFirst ? null : First + ((number - 1) * Period)).AsTask();

    private async Task<TakenJob> TakeAsync()
    {
        using var limit = new CancellationTokenSource(Eventually.Patience);
        return await Jobs.TakeAsync("jobs", limit.Token);
    }

    private async Task TakeAndCompleteAsync() => await (await TakeAsync()).CompleteAsync();

    private ServiceProvider Build(params (string Key, string Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value))).Build());
        if (_server is null)
        {
            services.AddChannels().AddInMemoryJobs();
        }
        else
        {
            services.AddChannels().AddRedisLayer(configure: RedisOptions.Of(_server.Address)).AddRedisJobs();
        }

        return services.BuildServiceProvider();
    }
}
