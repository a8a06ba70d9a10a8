using System.Text;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>What is worth a line in the log, as often as a stranger likes. How much is logged is asserted of every attack.</summary>
[NonParallelizable]
[Category("Hostile")]
public sealed class LogFloodTests
{
    private const int Attackers = 8;

    [Test]
    [Proves("FG-9")]
    public Task Messages_that_a_handler_does_not_expect() => HostileLoad.SurviveAsync(async assault =>
    {
        var fates = await assault.RepeatAsync(Attackers, async () =>
        {
            using var attacker = await assault.OpenSocketAsync("/careless");
            await attacker.SendAsync(RawFrame.ClientText("unexpected"));
            return await attacker.ReadCloseAsync(assault.Over);
        }, atLeast: Attackers);
        Assert.That(fates.Where(fate => fate != Attacker.Open), Is.Not.Empty.And.All.EqualTo("1011"));
        return fates;
    });

    [Test]
    [Proves("FG-9")]
    public Task Names_that_are_no_names([Values("/group/a%20b", "/group/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789", "/nothing")] string path) =>
        RequestAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n", "404");

    [Test]
    [Proves("FG-9")]
    public Task Handshakes_that_are_none() => RequestAsync(RawWebSocketClient.Request(path: "/echo", wsVersion: "12"), "426");

    private static Task RequestAsync(string request, string status) => HostileLoad.SurviveAsync(async assault =>
    {
        var fates = await assault.RepeatAsync(Attackers, async () =>
        {
            using var attacker = await assault.ConnectAsync();
            await attacker.SendAsync(Encoding.ASCII.GetBytes(request));
            return await attacker.ReadStatusAsync(assault.Over);
        }, atLeast: Attackers);
        Assert.That(fates.Where(fate => fate != Attacker.Open), Is.Not.Empty.And.All.EqualTo(status));
        return fates;
    });
}
