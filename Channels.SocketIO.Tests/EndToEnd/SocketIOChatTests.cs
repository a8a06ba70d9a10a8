using Channels.Tests.EndToEnd;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>The chat over Socket.IO in a real browser: one process in memory, and two on Redis that are one chat.</summary>
internal sealed class SocketIOChatTests
{
    [Test]
    [Proves("S-SIO-60", "S-SIO-72")]
    public async Task Two_people_talk_in_one_process()
    {
        await using var chat = await SampleProcess.StartAsync("SocketIOChat");
        await TalkAsync($"{chat.Url}", $"{chat.Url}");
    }

    [TestCase("redis")]
    [TestCase("redis-pubsub")]
    [Proves("S-SIO-65", "S-SIO-75")]
    public async Task Two_people_talk_over_two_processes(string layer)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await SampleProcess.StartAsync("SocketIOChat", "--layer", layer, "--redis", redis.Address);
        await using var two = await SampleProcess.StartAsync("SocketIOChat", "--layer", layer, "--redis", redis.Address);
        await TalkAsync($"{one.Url}", $"{two.Url}");
    }

    private static async Task TalkAsync(string one, string two)
    {
        ExternalTools.Require("npm:playwright-core");
        await NodeScript.RunAsync("socketio-chat.js", ExternalTools.Require("chromium"), one, two);
    }
}
