using Channels.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Layers.Redis.Jobs;

/// <summary>The jobs of a channel in Redis are bounded by bytes, whatever mixture of sizes they have.</summary>
public sealed class RedisJobBytesTests
{
    private const string Stream = "asgi:jobs:{jobs}";
    private const string Size = "asgi:jobs:{jobs}:size";
    private RedisServer _server = null!; // before each test
    private ServiceProvider _services = null!; // before each test
    private IJobQueue _queue = null!; // before each test

    [SetUp]
    public async Task StartAsync()
    {
        _server = await RedisServer.StartAsync();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("Channels:Jobs:MaxBytes", "100000")]).Build());
        services.AddChannels().AddRedisJobs().AddRedisLayer(configure: options =>
        {
            options.Hosts.Add(_server.Address);
            RedisOptions.BePatient(options);
        });
        _services = services.BuildServiceProvider();
        _queue = _services.GetRequiredService<IJobQueue>();
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _services.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Test]
    [Proves("FG-7")]
    public async Task What_would_be_too_many_bytes_is_refused_until_jobs_are_done()
    {
        await SendAsync(30_000, 30_000);
        Assert.That(() => SendAsync(60_000), Throws.TypeOf<ChannelFullException>().With.Message.Contains("Channels:Jobs:MaxBytes"));
        await _queue.SendAsync("others", Job(60_000));
        var jobs = new[] { await _queue.TakeAsync("jobs"), await _queue.TakeAsync("jobs") };
        Assert.That(() => SendAsync(60_000), Throws.TypeOf<ChannelFullException>(), "jobs that are at work still count");
        await jobs[0].ReleaseAsync(countAttempt: true);
        Assert.That(() => SendAsync(60_000), Throws.TypeOf<ChannelFullException>(), "and those that were given back");
        await jobs[1].CompleteAsync();
        await jobs[1].CompleteAsync(); // whoever completes twice does not make room twice
        await SendAsync(60_000);
        Assert.That(() => SendAsync(30_000), Throws.TypeOf<ChannelFullException>());
        await (await _queue.TakeAsync("jobs")).CompleteAsync();
        await (await _queue.TakeAsync("jobs")).CompleteAsync();
        Assert.That(await _server.CommandAsync("EXISTS", Size), Is.EqualTo(":0\n"), "an empty queue leaves nothing behind");
    }

    [Test]
    public async Task Many_small_jobs_do_not_hide_the_large_ones_behind_them()
    {
        await SendAsync([.. Enumerable.Repeat(70, 300)]); // some 30 KB
        await SendAsync(30_000, 30_000);
        Assert.That(() => SendAsync(30_000), Throws.TypeOf<ChannelFullException>());
    }

    [Test]
    public async Task A_large_job_does_not_make_the_small_ones_behind_it_seem_large()
    {
        await SendAsync([60_000, .. Enumerable.Repeat(1000, 35)]);
        Assert.That(await _server.CommandAsync("XLEN", Stream), Is.EqualTo(":36\n"));
    }

    [TestCase("DEL", Stream)]
    [TestCase("XTRIM", Stream, "MAXLEN", "0")]
    public async Task Jobs_that_others_took_away_do_not_count(params string[] command)
    {
        await SendAsync(90_000);
        await _server.CommandAsync(command);
        Assert.That(() => SendAsync(90_000), Throws.Nothing);
    }

    [Test]
    public async Task Jobs_whose_size_was_forgotten_are_measured_again()
    {
        await SendAsync(30_000, 30_000);
        await _server.CommandAsync("DEL", Size);
        Assert.That(() => SendAsync(60_000), Throws.TypeOf<ChannelFullException>());
        await SendAsync(10_000);
    }

    private static ChannelMessage Job(int bytes) => new("job", new() { ["png"] = new byte[bytes] });

    private async Task SendAsync(params int[] sizes)
    {
        foreach (var size in sizes)
        {
            await _queue.SendAsync("jobs", Job(size));
        }
    }
}
