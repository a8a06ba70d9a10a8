using System.Net;
using Channels.Tests.EndToEnd;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>A process is killed that holds the sessions of clients whose requests reach another one.</summary>
internal sealed class KilledOwnerTests
{
    private const string Handshake = "/socket.io/?EIO=4&transport=polling";
    private const string Unknown = """{"code":1,"message":"Session ID unknown"}""";

    [TestCase("redis")]
    [TestCase("redis-pubsub")]
    [Proves("S-EIO-77")]
    public async Task Its_clients_are_told_that_their_session_is_unknown_and_get_another_one(string layer)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var owner = await StartAsync(layer, redis, pingInterval: 3_000_000);
        await using var other = await StartAsync(layer, redis, pingInterval: 1_000); // how long it lets a poll wait in one piece
        using var there = new HttpClient { BaseAddress = owner.Url, Timeout = TimeSpan.FromMinutes(5) };
        using var here = new HttpClient { BaseAddress = other.Url, Timeout = TimeSpan.FromMinutes(5) };
        var session = await OpenAsync(there);
        await EnterAsync(here, session);
        var poll = here.GetAsync(session);
        using (var sent = await here.PostAsync(session, new StringContent("42[\"message\",1]")))
        {
            Assert.That(sent.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That(await (await poll).Content.ReadAsStringAsync(), Is.EqualTo("42[\"message-back\",1]"));
        poll = here.GetAsync(session);
        await owner.KillAsync();
        await ExpectUnknownAsync(await poll);
        await ExpectUnknownAsync(await here.GetAsync(session));
        await ExpectUnknownAsync(await here.PostAsync(session, new StringContent("42[\"message\",2]")));
        await EnterAsync(here, await OpenAsync(here));
    }

    private static Task<SampleProcess> StartAsync(string layer, RedisServer redis, int pingInterval) =>
        ConformanceServer.StartAsync("--layer", layer, "--redis", redis.Address, "--ping-interval", $"{pingInterval}", "--ping-timeout", "3000000", "--connect-timeout", "3000000");

    private static async Task<string> OpenAsync(HttpClient http) => $"{Handshake}&sid={(await http.GetStringAsync(Handshake)).Split('"')[3]}";

    private static async Task EnterAsync(HttpClient http, string session)
    {
        using var entered = await http.PostAsync(session, new StringContent("40"));
        Assert.That(entered.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var answer = "";
        while (!answer.Contains("42[\"auth\",{}]", StringComparison.Ordinal))
        {
            answer += await http.GetStringAsync(session);
            answer = answer.Replace("\u001e", "", StringComparison.Ordinal);
        }

        Assert.That(answer, Does.Contain("40{\"sid\":"));
    }

    private static async Task ExpectUnknownAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            Assert.That((answer.StatusCode, await answer.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.BadRequest, Unknown)));
        }
    }
}
