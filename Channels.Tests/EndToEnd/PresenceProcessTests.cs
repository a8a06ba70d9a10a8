using System.Diagnostics;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>Presence of the conformance sample, in one process and in two on one Redis.</summary>
public sealed class PresenceProcessTests
{
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
        await using var one = await ConformanceServer.StartAsync("--layer", layer, "--redis", redis.Address);
        await using var two = await ConformanceServer.StartAsync("--layer", layer, "--redis", redis.Address);
        using var watcher = await ConnectAsync(two, "here");
        await watcher.ReceiveAsync();
        using var killed = await ConnectAsync(one, "killed");
        Assert.That((await watcher.ReceiveAsync()).GetRawText(), Is.EqualTo("""{"type":"joined","key":"killed"}"""));
        using (var process = Process.GetProcessById(one.Id))
        {
            process.Kill();
        }

        Assert.That((await watcher.ReceiveAsync().WaitAsync(TimeSpan.FromSeconds(15))).GetRawText(), Is.EqualTo("""{"type":"left","key":"killed"}"""));
    }

    private static Task<JsonSocket> ConnectAsync(SampleProcess server, string key) =>
        JsonSocket.ConnectAsync(new Uri($"ws://{server.Addresses[0].Authority}/presence/tea?key={key}"));
}
