using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using Channels.Tests.EndToEnd;
using Channels.Tests.Layers.Redis;

namespace Channels.Tests.Proxies;

/// <summary>Two processes of the chat behind one haproxy without stickiness are one chat, also when one of them is killed.</summary>
[Platform(Exclude = "Win", Reason = "haproxy is that of Debian")]
public sealed class ChatBehindProxyTests
{
    [TestCase("redis")]
    [TestCase("redis-pubsub")]
    public async Task A_page_whose_process_was_killed_goes_on_from_its_position_at_the_other(string layer)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await SampleProcess.StartAsync("Chat", RedisOptions.Arguments(layer, redis.Address));
        await using var two = await SampleProcess.StartAsync("Chat", RedisOptions.Arguments(layer, redis.Address));
        await using var proxy = await ProxyProcess.StartHaproxyAsync($"""
            defaults
                mode http
                timeout connect 1m
                timeout client 10m
                timeout server 10m
                option redispatch
                retries 3
            frontend all
                bind :443
                default_backend chats
            backend chats
                balance roundrobin
                server one {one.Url.Authority}
                server two {two.Url.Authority}
            """);
        using var ann = await JoinAsync(proxy, "Ann");
        await ann.ReceiveAsync("type", "welcome");
        using var bob = await JoinAsync(proxy, "Bob"); // in turn: at the other process
        Assert.That((await bob.ReceiveAsync("type", "welcome")).GetProperty("people").GetArrayLength(), Is.EqualTo(2));

        await bob.SendAsync("""{"type":"say","key":"k1","text":"to both"}""");
        var heard = await ann.ReceiveAsync("type", "message");
        Assert.That(heard.GetProperty("text").GetString(), Is.EqualTo("to both"));
        Assert.That((await bob.ReceiveAsync("type", "message")).GetRawText(), Is.EqualTo(heard.GetRawText()));

        using (var killed = Process.GetProcessById(one.Id))
        {
            killed.Kill();
        }

        var (annEnds, bobEnds) = (EndsAsync(ann), EndsAsync(bob));
        var annFell = await Task.WhenAny(annEnds, bobEnds) == annEnds;
        var (fallen, staying) = annFell ? ("Ann", bob) : ("Bob", ann);
        await staying.SendAsync("""{"type":"say","key":"k2","text":"while one is away"}""");
        using var back = await JoinAsync(proxy, fallen, heard.GetProperty("position").GetString());
        var welcome = await back.ReceiveAsync("type", "welcome");
        var missed = welcome.GetProperty("history").EnumerateArray().Select(said => said.GetProperty("text").GetString()).ToList();
        Assert.That(welcome.GetProperty("gone").GetBoolean(), Is.False);
        Assert.That(missed.Count > 0 ? missed[0] : (await back.ReceiveAsync("key", "k2")).GetProperty("text").GetString(), Is.EqualTo("while one is away"));
        await back.SendAsync("""{"type":"say","key":"k3","text":"back"}""");
        Assert.That((await back.ReceiveAsync("key", "k3")).GetProperty("text").GetString(), Is.EqualTo("back"));
        Assert.That((await (annFell ? bobEnds : annEnds)), Is.EqualTo("back"), "the other page has heard it, and has never been cut off");
    }

    // What the socket hears until it is cut off, or until somebody is back.
    private static async Task<string> EndsAsync(JsonSocket socket)
    {
        try
        {
            return (await socket.ReceiveAsync("key", "k3")).GetProperty("text").GetString()!;
        }
        catch (WebSocketException)
        {
            return "cut off";
        }
    }

    private static async Task<JsonSocket> JoinAsync(ProxyProcess proxy, string name, string? since = null)
    {
        var socket = await ConnectAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"ws://127.0.0.1:{proxy.Port}/ws/chat/lobby/")));
        await socket.SendAsync(JsonSerializer.Serialize(new { type = "join", name, session = $"0123456789abcdef-{name}", since }));
        return socket;
    }

    // As the page does: until the proxy has noticed that a server is gone, it may answer 502 for it.
    private static async Task<JsonSocket> ConnectAsync(Uri address)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await JsonSocket.ConnectAsync(address);
            }
            catch (WebSocketException) when (attempt < 100)
            {
                // Its turn is the other server's next.
            }
        }
    }
}
