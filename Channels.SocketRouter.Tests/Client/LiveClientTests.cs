using Channels.Tests.EndToEnd;
using Channels.Tests.Support;

namespace Channels.Tests.SocketRouter.Client;

/// <summary>The TypeScript client in Node against the conformance sample, with a proxy between that loses, reorders and cuts.</summary>
public sealed class LiveClientTests
{
    [SetUp]
    public Task BuildAsync() => ClientPackage.BuildAsync();

    [Test]
    public async Task Nothing_of_a_plain_consumers_history_is_lost_over_cut_connections()
    {
        await using var server = await ConformanceServer.StartAsync();

        await RunAsync("history.js", server);
    }

    private static Task RunAsync(string script, SampleProcess server)
    {
        ExternalTools.Require("client:ws");
        return NodeScript.RunAsync(ClientPackage.PathOf("test", "live", script), $"{server.WebSocketUrl("")}");
    }
}
