using System.Diagnostics;
using Channels.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Layers.Redis.Jobs;

public sealed class RedisJobFaultTests
{
    private static readonly TimeSpan Enough = Eventually.Patience;

    [Test]
    public async Task A_waiting_worker_gets_jobs_after_its_connections_were_cut()
    {
        await using var server = await RedisServer.StartAsync();
        using var host = Build(server);
        var queue = host.Services.GetRequiredService<IJobQueue>();
        using var limit = new CancellationTokenSource(Enough);
        var taking = queue.TakeAsync("jobs", limit.Token).AsTask();
        await Eventually.Is(async () => (await server.CommandAsync("CLIENT", "LIST")).Contains("cmd=xreadgroup", StringComparison.Ordinal));
        await server.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
        await SendWhenBackAsync(queue);
        var job = await taking;
        Assert.That(job.Message.Type, Is.EqualTo("job"));
        await job.CompleteAsync(limit.Token);
    }

    [Test]
    public async Task A_server_that_lost_its_data_gets_a_new_group()
    {
        await using var server = await RedisServer.StartAsync();
        using var host = Build(server);
        var queue = host.Services.GetRequiredService<IJobQueue>();
        using var limit = new CancellationTokenSource(Enough);
        var taking = queue.TakeAsync("jobs", limit.Token).AsTask();
        await Eventually.Is(async () => (await server.CommandAsync("CLIENT", "LIST")).Contains("cmd=xreadgroup", StringComparison.Ordinal));
        await server.CommandAsync("FLUSHALL"); // wakes the blocked reader with an error
        await SendWhenBackAsync(queue);
        Assert.That((await taking).Attempt, Is.EqualTo(1));
    }

    [Test]
    public async Task A_server_that_lost_its_data_while_the_only_worker_was_at_work_gets_a_new_group()
    {
        await using var server = await RedisServer.StartAsync();
        using var host = Build(server);
        var queue = host.Services.GetRequiredService<IJobQueue>();
        using var limit = new CancellationTokenSource(Enough);
        await queue.SendAsync("jobs", new ChannelMessage("job"));
        var lost = await queue.TakeAsync("jobs", limit.Token);
        await server.CommandAsync("FLUSHALL"); // nobody reads, so nobody is told
        await lost.CompleteAsync(limit.Token);
        var taking = queue.TakeAsync("jobs", limit.Token).AsTask();
        await SendWhenBackAsync(queue);
        Assert.That((await taking).Attempt, Is.EqualTo(1));
    }

    [Test]
    public async Task Closing_the_queue_ends_a_blocked_read_at_once_and_bodies_are_encrypted()
    {
        await using var server = await RedisServer.StartAsync();
        var host = Build(server);
        var queue = host.Services.GetRequiredService<IJobQueue>();
        await queue.SendAsync("others", new ChannelMessage("job", new MessageMap { ["n"] = "top-secret-text" }));
        Assert.That(await server.CommandAsync("XRANGE", "asgi:jobs:{others}", "-", "+"), Does.Contain("body").And.Not.Contain("top-secret-text"));
        using var limit = new CancellationTokenSource(Enough);
        var taking = queue.TakeAsync("jobs", limit.Token).AsTask();
        await Eventually.Is(async () => (await server.CommandAsync("CLIENT", "LIST")).Contains("cmd=xreadgroup", StringComparison.Ordinal));
        await ((IAsyncDisposable)host).DisposeAsync();
        Assert.That(async () => await taking, Throws.TypeOf<ObjectDisposedException>());
        await Eventually.Is(async () => !(await server.CommandAsync("CLIENT", "LIST")).Contains("xreadgroup", StringComparison.Ordinal));
    }

    [Test]
    public async Task Entries_that_no_worker_of_ours_wrote_end_neither_reading_nor_claiming()
    {
        await using var server = await RedisServer.StartAsync();
        using var host = Build(server);
        var queue = host.Services.GetRequiredService<IJobQueue>();
        await queue.SendAsync("jobs", new ChannelMessage("job"));
        string[] odd = ["XADD", "asgi:jobs:{jobs}", "*", "odd", "1"];
        await server.CommandAsync(odd);
        await server.CommandAsync([.. odd, "odd", "2", "odd", "3"]);
        await server.CommandAsync("XGROUP", "CREATE", "asgi:jobs:{jobs}", "workers", "0");
        await server.CommandAsync("XREADGROUP", "GROUP", "workers", "dead", "COUNT", "3", "STREAMS", "asgi:jobs:{jobs}", ">"); // a worker that is gone had them
        await server.CommandAsync(odd);
        await queue.SendAsync("jobs", new ChannelMessage("job"));
        using var limit = new CancellationTokenSource(Enough);
        var attempts = new List<int>();
        while (attempts.Count < 2)
        {
            var job = await queue.TakeAsync("jobs", limit.Token);
            attempts.Add(job.Attempt);
            await job.CompleteAsync(limit.Token); // before the next one is asked for: a job that is held for longer than a second is handed out anew
        }

        Assert.That(attempts, Is.EquivalentTo([1, 2]));
        var taking = queue.TakeAsync("jobs", limit.Token).AsTask();
        await Eventually.Is(async () => await server.CommandAsync("XLEN", "asgi:jobs:{jobs}") == ":0\n"); // the odd ones are dropped when they are read
        await queue.SendAsync("jobs", new ChannelMessage("job"));
        Assert.That((await taking).Attempt, Is.EqualTo(1));
    }

    private static async Task SendWhenBackAsync(IJobQueue queue)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await queue.SendAsync("jobs", new ChannelMessage("job"));
                return;
            }
            catch (ChannelLayerUnavailableException) when (Stopwatch.GetElapsedTime(start) < Enough)
            {
                await Pace.TryAgainAsync(); // reconnecting
            }
        }
    }

    private static IHost Build(RedisServer server)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>("Channels:Jobs:VisibilityTime", "00:00:01")]);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddChannels().AddRedisJobs().AddRedisLayer(configure: options =>
        {
            options.Hosts.Add(server.Address);
            RedisOptions.BePatient(options);
            options.SymmetricEncryptionKeys.Add("secret");
        });
        return builder.Build();
    }
}
