using System.Text.Json;

namespace Channels.Tests.EndToEnd;

/// <summary>The history of the conformance sample as a process, as any tool sees it. One for all tests, each with a group of its own.</summary>
public sealed class ConformanceHistoryTests
{
    private static SampleProcess s_server = null!; // set before the first test

    [OneTimeSetUp]
    public static async Task StartAsync() => s_server = await ConformanceServer.StartAsync();

    [OneTimeTearDown]
    public static async Task EndAsync()
    {
        if (s_server is not null) // null when it has not started
        {
            await s_server.DisposeAsync();
        }
    }

    [Test]
    public async Task A_client_resumes_with_its_position()
    {
        using var one = await ConnectAsync("");
        var joined = await one.ReceiveAsync();
        var epoch = joined.GetProperty("epoch").GetString();
        Assert.That(joined.GetRawText(), Is.EqualTo($$"""{"type":"joined","epoch":"{{epoch}}","offset":0,"gone":false}"""));
        await one.SendAsync("first");
        Assert.That((await one.ReceiveAsync()).GetRawText(), Is.EqualTo($$"""{"type":"message","epoch":"{{epoch}}","offset":1,"text":"first"}"""));
        for (var n = 2; n <= 300; n++)
        {
            await one.SendAsync($"text {n}");
        }

        await one.ReceiveAsync("text", "text 300");
        using var back = await ConnectAsync($"?since={epoch}%3A1");
        Assert.That((await back.ReceiveAsync()).GetRawText(), Is.EqualTo($$"""{"type":"joined","epoch":"{{epoch}}","offset":300,"gone":false}"""));
        await one.SendAsync("live");
        for (var n = 2; n <= 301; n++)
        {
            Assert.That((await back.ReceiveAsync()).GetProperty("offset").GetInt64(), Is.EqualTo(n));
        }
    }

    [TestCase("other:1")]
    [TestCase("nonsense")]
    [TestCase("")]
    public async Task A_position_that_is_not_known_is_gone(string since)
    {
        using var socket = await ConnectAsync($"?since={since}");
        JsonElement joined = await socket.ReceiveAsync();
        Assert.That((joined.GetProperty("offset").GetInt64(), joined.GetProperty("gone").GetBoolean()), Is.EqualTo((0L, true)));
    }

    private static Task<JsonSocket> ConnectAsync(string query) =>
        JsonSocket.ConnectAsync(new Uri($"ws://{s_server.Addresses[0].Authority}/history/tea-{TestContext.CurrentContext.Test.ID}{query}"));
}
