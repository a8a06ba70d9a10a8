using Channels.Layers.Redis;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.EndToEnd;

/// <summary>The verbs <c>worker</c> and <c>dead-letters</c> as processes, on a real Redis.</summary>
public sealed class WorkerProcessTests
{
    private const string Channel = "thumbnails-generate";
    private const string Group = "picture-big";
    private const int Jobs = 6;
    private static readonly Lazy<byte[]> BigPicture = new(() => TestPicture.Png(4800, 4800));

    [Test]
    [Proves("REL-47")]
    public async Task A_worker_told_to_end_finishes_the_job_at_hand_and_exits_with_0()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var services = Services(redis);
        var layer = services.GetRequiredService<IChannelLayer>();
        await using var inbox = await WatchAsync(layer);
        await using var worker = await StartWorkerAsync(redis);
        await layer.SendAsync(Channel, BigJob());
        await NextAsync(inbox, "working");
        Assert.That(await worker.TerminateAsync(), Is.Zero, worker.Output);
        await NextAsync(inbox, "done", 256);
    }

    [Test]
    [Proves("F-21", "REL-58", "REL-59")]
    public async Task A_killed_worker_loses_its_job_by_default_and_nothing_is_repeated()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var services = Services(redis);
        var layer = services.GetRequiredService<IChannelLayer>();
        await using var inbox = await WatchAsync(layer);
        var first = await StartWorkerAsync(redis);
        await layer.SendAsync(Channel, BigJob());
        await NextAsync(inbox, "working");
        await first.DisposeAsync(); // kill -9
        await using var second = await StartWorkerAsync(redis);
        await layer.SendAsync(Channel, new ChannelMessage("thumbnails.generate", new MessageMap { ["picture"] = "big", ["file"] = "wrong"u8.ToArray() }));
        await NextAsync(inbox, "failed"); // the channel is served again, and the lost job did not come before
        Assert.That(second.Output, Does.Not.Contain("handed out"));
    }

    [TestCase(false)]
    [TestCase(true)]
    [Proves("F-21")]
    public async Task An_acknowledged_job_of_a_killed_worker_is_done_by_another(bool isDelayed)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var services = Services(redis);
        var layer = services.GetRequiredService<IChannelLayer>();
        await using var inbox = await WatchAsync(layer);
        string[] acknowledged = ["--Channels:Workers:thumbnails-generate:Acknowledged=true", "--Channels:Jobs:VisibilityTime=00:00:02"];
        var job = BigJob();
        do
        {
            await using var watching = await WatchAsync(layer); // sees what this one does, and nothing of one before it
            await using var first = await StartWorkerAsync(redis, acknowledged);
            for (var n = 0; n < Jobs; n++)
            {
                // So many that the worker is at one of them whenever it dies. Delayed ones are about to be started by it then.
                var delay = isDelayed ? TimeSpan.FromMilliseconds(300) * n : TimeSpan.Zero;
                await services.GetRequiredService<IJobQueue>().ScheduleAsync(Channel, job, delay);
            }

            await NextAsync(watching, "working");
            await first.KillAsync();
        }
        while ((await redis.CommandAsync("XPENDING", $"asgi:jobs:{{{Channel}}}", "workers")).StartsWith("*4\n:0\n", StringComparison.Ordinal)); // it was between two jobs, or has done them all: once more

        await using var second = await StartWorkerAsync(redis, acknowledged);
        for (var n = 0; n < Jobs; n++)
        {
            await NextAsync(inbox, "done", 256);
        }

        await Eventually.Is(AreAllDoneAsync);
        Assert.That(await second.TerminateAsync(), Is.Zero, second.Output);
        Assert.That(second.Output, Does.Contain("whose worker is gone"));

        async Task<bool> AreAllDoneAsync() =>
            await redis.CommandAsync("ZCARD", $"asgi:jobs:{{{Channel}}}:delayed") == ":0\n" && await redis.CommandAsync("XLEN", $"asgi:jobs:{{{Channel}}}") == ":0\n";
    }

    [Test]
    public async Task Wrong_command_lines_are_explained()
    {
        var unknown = await SampleProcess.RunAsync("Thumbnails", "worker", "no-such-channel");
        Assert.That(unknown.ExitCode, Is.EqualTo(1), unknown.Output);
        Assert.That(unknown.Output, Does.Contain("No application serves the channel 'no-such-channel'. The ChannelNameRouter has: thumbnails-generate"));
        foreach (var wrong in new[] { "0", "many", "-1" })
        {
            var result = await SampleProcess.RunAsync("Thumbnails", "worker", Channel, $"--concurrency={wrong}");
            Assert.That(result.ExitCode, Is.EqualTo(2), result.Output);
            Assert.That(result.Output, Does.Contain($"--concurrency is '{wrong}'"));
        }

        Assert.That((await SampleProcess.RunAsync("Thumbnails", "worker")).ExitCode, Is.EqualTo(2));
        Assert.That((await SampleProcess.RunAsync("Thumbnails", "worker", "bad:name")).ExitCode, Is.EqualTo(2));
    }

    [Test]
    public async Task A_worker_on_the_pub_sub_layout_is_refused()
    {
        await using var redis = await RedisServer.StartAsync();
        var result = await SampleProcess.RunAsync("Thumbnails", "worker", Channel, "--layer", "redis-pubsub", "--redis", redis.Address);
        Assert.That(result.ExitCode, Is.EqualTo(1), result.Output);
        Assert.That(result.Output, Does.Contain("hands every message to every reader"));
    }

    [Test]
    public async Task Dead_letters_are_listed_replayed_and_dropped_from_the_command_line()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var services = Services(redis);
        var store = services.GetRequiredService<IDeadLetterStore>();
        var letter = await store.AddAsync(new("", Channel, new("thumbnails.generate"), "Exception: bad", 1, DateTimeOffset.UtcNow));
        await store.AddAsync(letter);
        var layer = RedisOptions.Arguments("redis", redis.Address);
        var list = await SampleProcess.RunAsync("Thumbnails", ["dead-letters", "list", Channel, .. layer]);
        Assert.That(list.ExitCode, Is.Zero, list.Output);
        Assert.That(list.Output, Does.Contain(letter.Id).And.Contain("Exception: bad"));
        Assert.That((await SampleProcess.RunAsync("Thumbnails", ["dead-letters", "replay", Channel, letter.Id, .. layer])).ExitCode, Is.Zero);
        using var limit = new CancellationTokenSource(Eventually.Patience);
        Assert.That((await services.GetRequiredService<IChannelLayer>().ReceiveAsync(Channel, limit.Token)).Type, Is.EqualTo("thumbnails.generate"));
        var drop = await SampleProcess.RunAsync("Thumbnails", ["dead-letters", "drop", Channel, .. layer]);
        Assert.That(drop.Output, Does.Contain("1 dropped"));
        Assert.That(await store.ListAsync(Channel), Is.Empty);
        var gone = await SampleProcess.RunAsync("Thumbnails", ["dead-letters", "drop", Channel, letter.Id, .. layer]);
        Assert.That(gone.ExitCode, Is.EqualTo(1));
        Assert.That((await SampleProcess.RunAsync("Thumbnails", "dead-letters", "list", Channel)).ExitCode, Is.EqualTo(1), "in memory there is nothing to see");
        Assert.That((await SampleProcess.RunAsync("Thumbnails", "dead-letters")).ExitCode, Is.EqualTo(2));
    }

    private static ChannelMessage BigJob() => new("thumbnails.generate", new MessageMap { ["picture"] = "big", ["file"] = BigPicture.Value });

    private static Task<SampleProcess> StartWorkerAsync(RedisServer redis, params string[] more) =>
        SampleProcess.StartAsync("Thumbnails", ["worker", Channel, .. RedisOptions.Arguments("redis", redis.Address), .. more]);

    private static async Task<ChannelInbox> WatchAsync(IChannelLayer layer)
    {
        var inbox = await layer.NewChannelAsync();
        await layer.GroupAddAsync(Group, inbox.Name);
        return inbox;
    }

    private static async Task NextAsync(ChannelInbox inbox, string state, int size = 0)
    {
        using var limit = new CancellationTokenSource(Eventually.Patience);
        while (true)
        {
            var fields = (await inbox.ReceiveAsync(limit.Token)).Fields;
            if (fields["state"].GetText() == state && (size == 0 || fields["size"].GetInt64() == size))
            {
                return;
            }
        }
    }

    private static ServiceProvider Services(RedisServer redis)
    {
        var services = new ServiceCollection();
        services.AddSingleton<Microsoft.Extensions.Configuration.IConfiguration>(new Microsoft.Extensions.Configuration.ConfigurationBuilder().Build());
        services.AddChannels().AddRedisLayer(configure: RedisOptions.Of(redis.Address)).AddRedisJobs().AddRedisDeadLetters();
        return services.BuildServiceProvider();
    }
}
