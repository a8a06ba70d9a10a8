using Channels.Layers.Redis;
using Channels.SocketIO;
using Channels.Tests.EndToEnd;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Proxies;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Engine;

/// <summary>The suite's cases, and the official client, against a server as it runs.</summary>
public sealed class ClientTests
{
    private readonly SessionWatch _watch = new();

    [TestCase("localhost")]
    [TestCase("127.0.0.1")]
    [TestCase("[::1]")]
    public async Task The_cases_of_the_suite_pass_at_every_address_of_localhost(string host)
    {
        ExternalTools.Require("npm:ws");
        await using var patient = await StartAsync(pingEvery: 3_000_000, pongWithin: 3_000_000);
        await using var lively = await StartAsync(pingEvery: 300, pongWithin: 60_000);
        await using var strict = await StartAsync(pingEvery: 300, pongWithin: 200);
        await NodeScript.RunAsync("engineio-suite.js", AddressOf(patient), AddressOf(lively), AddressOf(strict));

        static Task<SampleProcess> StartAsync(int pingEvery, int pongWithin) =>
            SampleProcess.StartAsync("Conformance", "--urls", $"http://localhost:{FreePort.Next()}", "--ping-interval", $"{pingEvery}", "--ping-timeout", $"{pongWithin}");

        string AddressOf(SampleProcess server) => $"http://{host}:{server.Url.Port}";
    }

    [TestCase("polling")]
    [TestCase("websocket")]
    [TestCase("upgrade")]
    public async Task The_official_client_hears_its_echo_in_order(string mode)
    {
        ExternalTools.Require("npm:engine.io-client");
        await using var server = await EngineServer.StartAsync(_watch.RunAsync);
        await NodeScript.RunAsync("engineio-client.js", server.Live.BaseAddress.ToString(), mode);
        if (mode == "upgrade")
        {
            Assert.That(await _watch.NextAsync(), Is.InstanceOf<EngineIOUpgraded>());
        }

        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport close"));
    }

    [TestCase("polling")]
    [TestCase("websocket")]
    [Proves("S-EIO-77")]
    public async Task Two_processes_behind_a_proxy_without_stickiness_are_one_server(string mode)
    {
        ExternalTools.Require("npm:engine.io-client");
        ExternalTools.Require("haproxy");
        await using var redis = await RedisServer.StartAsync();
        await using var first = await StartAsync(redis);
        await using var second = await StartAsync(redis);
        await using var proxy = await ProxyProcess.StartHaproxyAsync($"""
            # /etc/haproxy/haproxy.cfg
            defaults
                mode http
                option http-keep-alive
                timeout connect 5s
                timeout client 60s
                timeout server 60s
                timeout tunnel 1h
            frontend site
                bind :443
                default_backend processes
            backend processes
                balance roundrobin
                server first 127.0.0.1:{first.Live.BaseAddress.Port}
                server second 127.0.0.1:{second.Live.BaseAddress.Port}

            """);
        await NodeScript.RunAsync("engineio-client.js", $"http://127.0.0.1:{proxy.Port}", mode);
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport close"));
    }

    private Task<EngineServer> StartAsync(RedisServer redis) => EngineServer.StartAsync(
        _watch.RunAsync, host: builder => builder.Services.AddChannels().AddRedisLayer(configure: redis.Configure));
}
