using Channels.Tests.EndToEnd;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>The official client is cut off and comes back.</summary>
internal sealed class OfficialRecoveryTests
{
    [TestCase("websocket")]
    [TestCase("polling")]
    [Proves("S-SIO-83")]
    public async Task To_the_server_that_it_was_at(string transport)
    {
        ExternalTools.Require("npm:socket.io-client");
        await using var server = await ConformanceServer.StartAsync("--socketio-fixture", "client", "--ping-interval", "3000000", "--connect-timeout", "3000000");
        await NodeScript.RunAsync("socketio-recovery.js", transport, AddressOf(server));
    }

    [TestCase("redis", "websocket")]
    [TestCase("redis", "polling")]
    [TestCase("redis-pubsub", "websocket")]
    [TestCase("redis-pubsub", "polling")]
    [Proves("S-SIO-83", "S-SIO-65")]
    public async Task To_another_process_after_the_first_was_killed(string layer, string transport)
    {
        ExternalTools.Require("npm:socket.io-client");
        await using var redis = await RedisServer.StartAsync();
        await using var one = await StartAsync(layer, redis);
        await using var two = await StartAsync(layer, redis);
        await using var script = new NodeScript("socketio-recovery.js", transport, AddressOf(one), AddressOf(two));
        await script.ExpectLineAsync("kill the first");
        await one.KillAsync();
        await script.SendLineAsync("killed");
        await script.ExpectLineAsync("done");
    }

    private static Task<SampleProcess> StartAsync(string layer, RedisServer redis) =>
        ConformanceServer.StartAsync("--layer", layer, "--redis", redis.Address, "--socketio-fixture", "client", "--ping-interval", "3000000", "--connect-timeout", "3000000");

    private static string AddressOf(SampleProcess server) => server.Url.GetLeftPart(UriPartial.Authority);
}
