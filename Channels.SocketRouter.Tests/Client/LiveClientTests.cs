using System.Diagnostics;
using Channels.Tests.EndToEnd;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.SocketRouter.Client;

/// <summary>The TypeScript client in Node and in a browser against the conformance sample, with a proxy between that loses, reorders and cuts.</summary>
public sealed class LiveClientTests
{
    // Who is cut off comes back in time, and a request that is to be given up by its client is not by the server, however slow the machine is.
    private static readonly string[] Patient = ["--Channels:Presence:Grace=00:01:00", "--Channels:SocketRouter:RequestTimeout=00:10:00"];

    [SetUp]
    public Task BuildAsync() => ClientPackage.BuildAsync();

    [TestCase("history.js")]
    [TestCase("requests.js")]
    [TestCase("topics.js")]
    public async Task A_script_in_Node(string script)
    {
        await using var server = await ConformanceServer.StartAsync(Patient);

        await NodeScript.RunAsync(Script(script), $"{server.WebSocketUrl("")}");
    }

    [Test]
    public async Task Topics_over_Redis()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await ConformanceServer.StartAsync(["--layer", "redis", "--redis", redis.Address, .. Patient]);

        await NodeScript.RunAsync(Script("topics.js"), $"{server.WebSocketUrl("")}");
    }

    [Test]
    public async Task A_killed_server_comes_back_with_what_was_kept_in_Redis()
    {
        await using var redis = await RedisServer.StartAsync();

        await RestartAsync(KillAsync, address => new NodeScript(Script("restart.js"), address, "kept", "1006"), "--layer", "redis", "--redis", redis.Address);
    }

    [Test]
    [Proves("SR-50")]
    public Task A_restarted_server_says_so_and_what_it_has_forgotten_is_told() =>
        RestartAsync(StopAsync, address => new NodeScript(Script("restart.js"), address, "gone", "1012"));

    [Test]
    [Proves("SR-27", "SR-50")]
    public Task The_Python_packages_client_as_it_is_described() => RestartAsync(StopAsync, address => new NodeScript(Script("stock.js"), address));

    [Test]
    public async Task Pages_without_a_bundler_over_a_restart()
    {
        ExternalTools.Require("npm:playwright-core");

        await RestartAsync(StopAsync, address => new NodeScript("router.js", ExternalTools.Require("chromium"), address.Replace("ws:", "http:", StringComparison.Ordinal).TrimEnd('/'), ClientPackage.PathOf("dist", "browser.js")));
    }

    private static string Script(string name)
    {
        ExternalTools.Require("client:ws");
        return ClientPackage.PathOf("test", "live", name);
    }

    private static async Task KillAsync(SampleProcess server)
    {
        using var process = Process.GetProcessById(server.Id);
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    private static async Task StopAsync(SampleProcess server) => Assert.That(await server.TerminateAsync(), Is.Zero, server.Output);

    // The script says when the server is to go, and when it is to come back to the same address.
    private static async Task RestartAsync(Func<SampleProcess, Task> stop, Func<string, NodeScript> start, params string[] arguments)
    {
        var address = $"127.0.0.1:{FreePort.Next()}";
        string[] command = [.. arguments, "--urls", $"http://{address}"];
        await using var first = await SampleProcess.StartAsync("Conformance", command);
        await using var script = start($"ws://{address}/");
        await script.ExpectLineAsync("stop");
        await stop(first);
        await script.SendLineAsync("stopped");
        await script.ExpectLineAsync("start");
        await using var second = await SampleProcess.StartAsync("Conformance", command);
        await script.SendLineAsync("started");
        await script.ExpectEndAsync();
    }
}
