using Channels.Extending;
using Channels.Layers.Redis;
using Channels.Testing;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Tests.Layers.Redis;

/// <summary>What the layers quote, from a serializer or from Redis, stands within a sentence, which ends once.</summary>
public sealed class QuotedReasonTests : RedisTestBase
{
    private const string Problem = "The body is not a map (0x6e)"; // the serializer says it with a full stop

    [Test]
    public async Task A_message_that_cannot_be_read()
    {
        using var log = new LogRecorder();
        var server = await StartServerAsync();
        var options = new RedisLayerOptions();
        options.Hosts.Add(server.Address);
        RedisOptions.BePatient(options);
        var layer = Own(new RedisPubSubLayer(options: options, logger: log.CreateLogger<RedisPubSubLayer>()));
        await using var member = await OpenMemberAsync(layer);
        await server.CommandAsync("PUBLISH", "asgi__group__room", "nonsense");
        await Eventually.Is(() => log.Lines.Any(line => line.Id == 5020));
        Assert.That(log.Lines.Single(line => line.Id == 5020).Text, Does.StartWith($"Layer 'default': dropped a message of 8 bytes from 'asgi__group__room': {Problem}. Check"));
    }

    [Test]
    public async Task A_dead_letter_and_a_job_that_cannot_be_read()
    {
        using var log = new LogRecorder();
        var server = await StartServerAsync();
        await using var services = new ServiceCollection().AddSingleton<ILoggerFactory>(log)
            .AddChannels().AddRedisDeadLetters().AddRedisJobs().AddRedisLayer(configure: RedisOptions.Of(server.Address)).Services.BuildServiceProvider();
        await server.CommandAsync("XADD", "asgi:dead:{jobs}", "*", "body", "nonsense");
        Assert.That(await services.GetRequiredService<IDeadLetterStore>().ListAsync("jobs"), Is.Empty);
        Assert.That(log.Lines.Single(line => line.Id == 5040).Text, Is.EqualTo($"Layer 'default': a dead letter of channel 'jobs' cannot be read and is left out: {Problem}."));

        await server.CommandAsync("XADD", "asgi:jobs:{jobs}", "*", "body", "nonsense", "attempts", "0");
        using var limit = new CancellationTokenSource(Eventually.Patience);
        var taking = services.GetRequiredService<IJobQueue>().TakeAsync("jobs", limit.Token).AsTask();
        await Eventually.Is(() => log.Lines.Any(line => line.Id == 5042));
        await limit.CancelAsync();
        Assert.That(async () => await taking, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(log.Lines.Single(line => line.Id == 5042).Text, Is.EqualTo($"Layer 'default': a job of channel 'jobs' cannot be read and is dropped: {Problem}."));
    }

    [Test]
    public async Task A_refusal_of_the_servers()
    {
        using var log = new LogRecorder();
        var time = new ManualTimeProvider();
        var server = await StartServerAsync();
        await using var client = await ConnectionMultiplexer.ConnectAsync(server.Address);
        var error = Assert.ThrowsAsync<RedisServerException>(() => client.GetDatabase().ScriptEvaluateAsync("return redis.error_reply('MISCONF Redis is configured to save, but cannot persist on disk.')"));
        var refusal = new RedisRefusal(new RedisLinkSettings("default", new(), time, log), "host:6379");
        var waiting = refusal.WaitAsync(error!, CancellationToken.None);
        time.Advance(new RedisLayerOptions().PingInterval);
        await waiting;
        Assert.That(log.Lines.Single().Text, Is.EqualTo(
            "Layer 'default': Redis host host:6379 answers but refuses what the layer has to do there: MISCONF Redis is configured to save, but cannot persist on disk. It is tried again; further refusals are silent until a minute passes without one."));
    }

    [Test]
    public void A_connection_that_failed()
    {
        var reason = RedisFailure.Describe(new IOException("Unable to read data from the transport connection: Connection reset by peer."));
        Assert.That(reason, Is.EqualTo("Unable to read data from the transport connection: Connection reset by peer"));
    }

    [Test]
    public async Task A_command_that_the_server_refused()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address);
        await layer.StartAsync();
        await server.CommandAsync("SET", "asgiwork", "no sorted set");
        Assert.That(async () => await layer.SendAsync("work", Numbered(1)), Throws.TypeOf<ChannelLayerUnavailableException>().With.Message.Matches(@"refused the command: .*[^.]\.$"));
    }
}
