using System.Diagnostics;
using Channels.Tests.EndToEnd;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>The official client, and the protocol's own suite, against the conformance server.</summary>
internal sealed class OfficialClientTests
{
    [Test]
    [Proves("S-EIO-02", "S-EIO-03", "S-EIO-04", "S-SIO-01", "S-SIO-05", "S-SIO-07", "S-SIO-22", "S-SIO-23", "S-SIO-24", "S-SIO-25", "S-SIO-26", "S-SIO-51")]
    public async Task The_cases_of_the_protocol_suite()
    {
        ExternalTools.Require("npm:ws");
        await using var patient = await StartAsync(pingEvery: 3_000_000, pongWithin: 3_000_000);
        await using var lively = await StartAsync(pingEvery: 300, pongWithin: 60_000);
        await using var strict = await StartAsync(pingEvery: 300, pongWithin: 200);
        await NodeScript.RunAsync("socketio-suite.js", AddressOf(patient), AddressOf(lively), AddressOf(strict));
    }

    [TestCase("polling")]
    [TestCase("websocket")]
    [TestCase("upgrade")]
    [Proves("S-SIO-11", "S-SIO-49", "S-SIO-69", "S-SIO-92", "S-SIO-93", "S-SIO-94", "S-SIO-95", "S-SIO-96", "S-SIO-97")]
    public async Task The_official_client(string mode)
    {
        ExternalTools.Require("npm:socket.io-client");
        await using var server = await StartAsync(pingEvery: 300, pongWithin: 60_000);
        await using var silent = await StartAsync(pingEvery: 3_000_000, pongWithin: 60_000);
        await NodeScript.RunAsync("socketio-client.js", AddressOf(server), mode, AddressOf(silent));
    }

    [TestCase("polling")]
    [TestCase("websocket")]
    [TestCase("upgrade")]
    [Proves("S-SIO-88")]
    public async Task The_official_client_with_the_parser_of_MessagePack(string mode)
    {
        ExternalTools.Require("npm:socket.io-msgpack-parser");
        await using var server = await StartAsync(pingEvery: 300, pongWithin: 60_000, "--socketio-parser", "msgpack");
        await using var silent = await StartAsync(pingEvery: 3_000_000, pongWithin: 60_000, "--socketio-parser", "msgpack");
        await NodeScript.RunAsync("socketio-client.js", AddressOf(server), mode, AddressOf(silent), "msgpack");
    }

    [TestCase("polling")]
    [TestCase("websocket")]
    [TestCase("polling,websocket")]
    [Proves("S-SIO-98")]
    public async Task The_client_of_python(string transports)
    {
        var python = ExternalTools.Require("python3-socketio");
        await using var server = await StartAsync(pingEvery: 300, pongWithin: 60_000);
        using var client = Process.Start(new ProcessStartInfo(python, [Repository.PathOf("Channels.SocketIO.Tests", "EndToEnd", "socketio_client.py"), AddressOf(server), transports])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!; // null only with the shell
        var output = client.StandardOutput.ReadToEndAsync();
        var errors = await client.StandardError.ReadToEndAsync();
        await client.WaitForExitAsync();
        Assert.That(client.ExitCode, Is.Zero, errors);
        Assert.That((await output).Trim(), Is.EqualTo("done"));
    }

    private static Task<SampleProcess> StartAsync(int pingEvery, int pongWithin, params string[] more) => ConformanceServer.StartAsync(
        ["--ping-interval", $"{pingEvery}", "--ping-timeout", $"{pongWithin}", "--connect-timeout", "600000", "--upgrade-timeout", "600000", .. more]);

    private static string AddressOf(SampleProcess server) => server.Url.GetLeftPart(UriPartial.Authority);
}
