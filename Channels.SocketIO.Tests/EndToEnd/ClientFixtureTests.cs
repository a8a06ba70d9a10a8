using Channels.Tests.EndToEnd;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>What the official client's own tests ask of their server (<c>eng/socketio-client-suite.sh</c> runs them).</summary>
internal sealed class ClientFixtureTests
{
    [Test]
    public async Task An_event_that_asks_for_an_acknowledgement_in_return_is_not_acknowledged_itself()
    {
        await using var server = await ConformanceServer.StartAsync("--socketio-fixture", "client", "--ping-interval", "3000000", "--connect-timeout", "3000000");
        using var http = new HttpClient { BaseAddress = server.Url };
        var session = $"/socket.io/?EIO=4&transport=polling&sid={(await http.GetStringAsync("/socket.io/?EIO=4&transport=polling")).Split('"')[3]}";
        var packets = new List<string>();
        await PostAsync("40");
        await PollUntilAsync(packet => packet.StartsWith("40{", StringComparison.Ordinal));
        await PostAsync("420[\"ack\"]\u001e421[\"echo\",1]");
        await PollUntilAsync("431[1]".Equals);
        await PollUntilAsync("420[\"ack\"]".Equals);
        Assert.That(packets, Has.None.StartsWith("430"), "a handler acknowledges before the next event is handled");

        async Task PostAsync(string body)
        {
            using var sent = await http.PostAsync(session, new StringContent(body));
            sent.EnsureSuccessStatusCode();
        }

        async Task PollUntilAsync(Predicate<string> expected)
        {
            while (!packets.Exists(expected))
            {
                packets.AddRange((await http.GetStringAsync(session)).Split('\u001e'));
            }
        }
    }
}
