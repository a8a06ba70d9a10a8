using Channels.Tests.Layers.Redis;

namespace Channels.Tests.EndToEnd;

/// <summary>Several processes of the chat on one Redis are one chat, and a new one knows what was said.</summary>
public sealed class ChatProcessTests
{
    [TestCase("redis")]
    [TestCase("redis-pubsub")]
    public async Task People_and_what_was_said_are_those_of_all_processes_and_outlive_them(string layer)
    {
        await using var redis = await RedisServer.StartAsync();
        string since;
        await using (var one = await SampleProcess.StartAsync("Chat", RedisOptions.Arguments(layer, redis.Address)))
        await using (var two = await SampleProcess.StartAsync("Chat", RedisOptions.Arguments(layer, redis.Address)))
        {
            using var ann = await JoinAsync(one, "Ann");
            Assert.That((await ann.ReceiveAsync("type", "welcome")).GetProperty("people").GetArrayLength(), Is.EqualTo(1));
            using var bob = await JoinAsync(two, "Bob");
            Assert.That((await bob.ReceiveAsync("type", "welcome")).GetProperty("people").GetArrayLength(), Is.EqualTo(2));
            await ann.ReceiveAsync("type", "joined");
            await bob.SendAsync("""{"type":"say","key":"k1","text":"from the other one"}""");
            var heard = await ann.ReceiveAsync("type", "message");
            Assert.That(heard.GetProperty("text").GetString(), Is.EqualTo("from the other one"));
            since = heard.GetProperty("position").GetString()!;
            await bob.SendAsync("""{"type":"say","key":"k2","text":"while she is away"}""");
            await bob.ReceiveAsync("key", "k2");
            using var http = new HttpClient { BaseAddress = one.Url };
            Assert.That(await http.GetStringAsync("/rooms"), Is.EqualTo("""[{"name":"lobby","people":2}]"""));

            // A stopped process takes its people with it at once; those of a killed one leave within its lease.
            await Task.WhenAll(one.TerminateAsync(), two.TerminateAsync());
        }

        await using var next = await SampleProcess.StartAsync("Chat", RedisOptions.Arguments(layer, redis.Address));
        using var back = await JoinAsync(next, "Ann", since);
        var welcome = await back.ReceiveAsync("type", "welcome");
        Assert.That(welcome.GetProperty("history").EnumerateArray().Select(said => said.GetProperty("text").GetString()), Is.EqualTo(new[] { "while she is away" }));
        Assert.That(welcome.GetProperty("gone").GetBoolean(), Is.False);
        Assert.That(welcome.GetProperty("people").GetArrayLength(), Is.EqualTo(1), "who was at the processes that ended has left");
    }

    [Test]
    public async Task A_page_whose_position_is_not_known_gets_what_there_is_and_is_told()
    {
        await using var chat = await SampleProcess.StartAsync("Chat");
        using var ann = await JoinAsync(chat, "Ann", "0123456789abcdef:7");
        Assert.That((await ann.ReceiveAsync("type", "welcome")).GetProperty("gone").GetBoolean(), Is.True);
    }

    private static async Task<JsonSocket> JoinAsync(SampleProcess chat, string name, string? since = null)
    {
        var socket = await JsonSocket.ConnectAsync(chat.WebSocketUrl("/ws/chat/lobby/"));
        await socket.SendAsync($$"""{"type":"join","name":"{{name}}","session":"0123456789abcdef-{{name}}","since":{{(since is null ? "null" : $"\"{since}\"")}}}""");
        return socket;
    }
}
