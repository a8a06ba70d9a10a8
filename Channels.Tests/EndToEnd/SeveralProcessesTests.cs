using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>Samples that share a Redis layer, and the program that sends from outside.</summary>
public sealed class SeveralProcessesTests
{
    private static readonly string[] Layouts = ["redis", "redis-pubsub"];

    [TestCaseSource(nameof(Layouts))]
    public Task Two_chat_processes_share_a_room(string layout) => ShareAsync("Chat", "Chat", layout);

    /// <summary>Two people of two processes talk.</summary>
    /// <param name="first">The sample, or the path of a program that was made of it.</param>
    /// <param name="second">The other process's.</param>
    /// <param name="layout">What the samples' switch <c>--layer</c> says.</param>
    internal static async Task ShareAsync(string first, string second, string layout)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await SampleProcess.StartAsync(first, RedisOptions.Arguments(layout, redis.Address));
        await using var two = await SampleProcess.StartAsync(second, RedisOptions.Arguments(layout, redis.Address));
        using var ann = await JoinAsync(one, "Ann");
        using var bob = await JoinAsync(two, "Bob");
        await ann.SendAsync("""{"type":"say","key":"k1","text":"across processes"}""");
        Assert.That((await bob.ReceiveAsync("type", "message")).GetProperty("text").GetString(), Is.EqualTo("across processes"));
        await bob.SendAsync("""{"type":"say","key":"k2","text":"and back"}""");
        await ann.ReceiveAsync("text", "and back");
    }

    [Test]
    public async Task Send_anywhere_reaches_the_browsers_of_every_process()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await SampleProcess.StartAsync("Chat", RedisOptions.Arguments("redis", redis.Address));
        await using var two = await SampleProcess.StartAsync("Chat", RedisOptions.Arguments("redis", redis.Address));
        using var ann = await JoinAsync(one, "Ann");
        using var bob = await JoinAsync(two, "Bob");
        var sent = await SampleProcess.RunAsync("SendAnywhere", "--redis", redis.Address, "--room", "tea", "--text", "Back at noon");
        Assert.That(sent.ExitCode, Is.Zero, sent.Output);
        foreach (var person in new[] { ann, bob })
        {
            var message = await person.ReceiveAsync("text", "Back at noon");
            Assert.That((message.GetProperty("type").GetString(), message.GetProperty("name").GetString()), Is.EqualTo(("message", "Announcer")));
        }
    }

    [Test]
    public void Send_anywhere_needs_no_web_server()
    {
        var folder = Path.GetDirectoryName(SampleProcess.ProgramOf("SendAnywhere"))!;
        Assert.That(File.ReadAllText(Path.Combine(folder, "SendAnywhere.runtimeconfig.json")), Does.Contain("Microsoft.NETCore.App").And.Not.Contain("AspNetCore"));
        Assert.That(File.ReadAllText(Path.Combine(folder, "SendAnywhere.deps.json")), Does.Contain("Channels.Layers.Redis").And.Not.Contain("AspNetCore").And.Not.Contain("Channels.Kestrel"));
        Assert.That(File.ReadAllLines(Repository.PathOf("samples", "SendAnywhere", "Program.cs")), Has.Length.LessThan(25));
    }

    [TestCaseSource(nameof(Layouts))]
    public async Task The_conformance_sample_publishes_across_processes(string layout)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var shard = await RedisServer.StartAsync();
        string[] layer = RedisOptions.Arguments(layout, $"{redis.Address};{shard.Address}");
        await using var one = await ConformanceServer.StartAsync(layer);
        await using var two = await ConformanceServer.StartAsync(layer);
        foreach (var group in new[] { "tea", "coffee", "milk", "water" }) // on both hosts: 4 names in 2 halves
        {
            using var listener = await JsonSocket.ConnectAsync(two.WebSocketUrl($"/group-json/{group}"));
            using var speaker = await JsonSocket.ConnectAsync(one.WebSocketUrl($"/group-json/{group}"));
            await speaker.SendAsync("""{"text":"hello"}""");
            Assert.That((await listener.ReceiveAsync()).ToString(), Does.Contain("hello"));
        }
    }

    private static async Task<JsonSocket> JoinAsync(SampleProcess chat, string name)
    {
        var socket = await JsonSocket.ConnectAsync(chat.WebSocketUrl("/ws/chat/tea/"));
        await socket.SendAsync($$"""{"type":"join","name":"{{name}}","session":"0123456789abcdef{{name}}"}""");
        await socket.ReceiveAsync("type", "welcome");
        return socket;
    }
}
