using Channels.SocketIO;
using Channels.Tests.Engine;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Sockets;

/// <summary>How much of a client's events waits for its handlers.</summary>
internal sealed class PaceTests : SocketIOFixture
{
    [TestCase(false)]
    [TestCase(true)]
    [Proves("S-SIO-91")]
    public async Task A_client_is_not_read_from_while_too_many_bytes_of_it_wait_in_its_namespaces_together(bool binary)
    {
        var sockets = new SocketIOServer(new() { MaxPacketBytes = 1_000, Engine = { MaxInboundBytes = 1_000 } }) { { "/", Consumer.Of<MainNamespace>() }, { "/other", Consumer.Of<MainNamespace>() } };
        sockets.Prepare(Services);
        await using var server = await EngineServer.StartAsync(sockets.ServeSessionAsync, options => options.MaxInboundBytes = 1_000, host => host.Services.AddSingleton(Journal));
        var sid = await server.OpenAsync();
        string[] spaces = ["", "/other,"];
        foreach (var space in spaces)
        {
            await server.SendAsync(sid, $"40{space}");
            while (!(await server.PollAsync(sid)).Contains($"40{space}{{", StringComparison.Ordinal))
            {
            }

            await server.SendAsync(sid, $"42{space}[\"hold\"]");
            Assert.That(await Journal.NextAsync(), Is.EqualTo("held"));
        }

        for (var i = 0; i < 7; i++)
        {
            await SendAsync(i); // four wait for the handlers, and three for the session
        }

        var more = SendAsync(7);
        await Eventually.Is(() => server.SessionOf(sid).Inbound.IsBlocking);
        Assert.That((more.IsCompleted, Journal.IsEmpty), Is.EqualTo((false, true)));
        Journal.Gate.SetResult();
        await more;
        for (var i = 0; i < 8; i++)
        {
            Assert.That(await Journal.NextAsync(), Is.EqualTo("nothing"));
        }

        Task SendAsync(int number) => server.SendAsync(sid, binary
            ? $"451-{spaces[number % 2]}[\"nothing\",{{\"_placeholder\":true,\"num\":0}}]\u001eb{Convert.ToBase64String(new byte[270])}"
            : $"42{spaces[number % 2]}[\"nothing\",\"{new string('x', 290)}\"]");
    }
}
