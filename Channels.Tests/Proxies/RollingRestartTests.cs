using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using Channels.Tests.EndToEnd;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Proxies;

/// <summary>The guides' recipe for a restart without an outage: two servers behind a proxy, one after the other, under way with requests.</summary>
[Platform(Exclude = "Win", Reason = "nginx and haproxy are those of Debian")]
public sealed class RollingRestartTests
{
    private const string Guide = "several-machines.md";
    private const string Grace = " --Channels:Server:ReadinessGrace=00:00:04";
    private const int Visitors = 4;

    [TestCase("haproxy")]
    [TestCase("nginx")]
    [Proves("FN-10", "REL-43")]
    public async Task No_request_fails_while_one_server_after_the_other_is_restarted(string program)
    {
        await using var redis = await RedisServer.StartAsync();
        var grace = program == "haproxy"; // the guide: for nginx it is of no use
        await using var one = new Restartable(redis.Address, grace);
        await using var two = new Restartable(redis.Address, grace);
        await one.StartAsync();
        await two.StartAsync();
        await using var proxy = await StartAsync(program, one.Address, two.Address);
        using var client = new PublicClient(proxy.Port);
        await ReachesAsync(client, one);
        await ReachesAsync(client, two);

        using var end = new CancellationTokenSource();
        var failures = new ConcurrentQueue<string>();
        var visits = Enumerable.Range(0, Visitors).Select(i => VisitAsync(client, i % 2 == 0 ? HttpVersion.Version11 : HttpVersion.Version20, failures, end.Token)).ToArray();
        var sockets = Enumerable.Range(0, Visitors).Select(_ => ConnectAsync(client, failures, end.Token)).ToArray();
        var stays = (await Task.WhenAll(Enumerable.Range(0, Visitors).Select(_ => client.OpenAsync("/ws/chat/tea/", client.Origin)))).Select(StayAsync).ToArray(); // there before the first stop
        try
        {
            foreach (var server in new[] { one, two })
            {
                Assert.That(await server.StopAsync(), Is.Zero);
                await server.StartAsync();
                await ReachesAsync(client, server);
            }
        }
        finally
        {
            await end.CancelAsync(); // nobody visits what is gone
        }

        var made = await Task.WhenAll(visits.Concat(sockets));
        Assert.That(failures, Is.Empty);
        Assert.That(made, Has.All.GreaterThan(0));
        Assert.That(await Task.WhenAll(stays), Has.All.EqualTo(1012), "who was connected is told to come again");
    }

    private static Task<ProxyProcess> StartAsync(string program, string one, string two)
    {
        if (program == "haproxy")
        {
            return ProxyProcess.StartHaproxyAsync(GuideBlock.Of(Guide, "haproxy").With("10.0.0.11:8000", one).With("10.0.0.12:8000", two));
        }

        var site = GuideBlock.Of("deployment.md", "nginx");
        var upstream = site[site.IndexOf("upstream", StringComparison.Ordinal)..site.IndexOf("server {", StringComparison.Ordinal)];
        return ProxyProcess.StartNginxAsync(site.With(upstream, GuideBlock.Of(Guide, "nginx upstream").With("10.0.0.11:8000", one).With("10.0.0.12:8000", two)));
    }

    // The proxy sends requests to this server: it has seen that it is there.
    private static Task ReachesAsync(PublicClient client, Restartable server)
    {
        var before = server.OutputLength;
        return Eventually.Is(
            async () =>
            {
                await client.GetAsync("/rooms", HttpVersion.Version11);
                return server.OutputSince(before).Contains(" /rooms ", StringComparison.Ordinal);
            },
            TimeSpan.FromMinutes(2));
    }

    private static async Task<int> VisitAsync(PublicClient client, Version version, ConcurrentQueue<string> failures, CancellationToken end)
    {
        var count = 0;
        for (; !end.IsCancellationRequested; count++)
        {
            try
            {
                var (status, _) = await client.GetAsync("/rooms", version);
                if (status != HttpStatusCode.OK)
                {
                    failures.Enqueue($"{version} {status}");
                }
            }
            catch (Exception error)
            {
                failures.Enqueue($"{version} {error}");
            }

            await Pace.TryAgainAsync(CancellationToken.None);
        }

        return count;
    }

    private static async Task<int> ConnectAsync(PublicClient client, ConcurrentQueue<string> failures, CancellationToken end)
    {
        var count = 0;
        for (; !end.IsCancellationRequested; count++)
        {
            try
            {
                using var socket = await client.OpenAsync("/ws/chat/tea/", client.Origin);
                await LeaveAsync(socket);
            }
            catch (Exception error)
            {
                failures.Enqueue($"socket {error}");
            }

            await Pace.TryAgainAsync(CancellationToken.None);
        }

        return count;
    }

    private static async Task LeaveAsync(ClientWebSocket socket)
    {
        try
        {
            using var patience = new CancellationTokenSource(Eventually.Patience);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
        }
        catch (WebSocketException)
        {
            // Let in, and closed by the drain at the same moment; or too slow for the drain.
        }
    }

    private static async Task<int?> StayAsync(ClientWebSocket stays)
    {
        using var socket = stays;
        using var patience = new CancellationTokenSource(2 * Eventually.Patience); // for both restarts
        var buffer = new byte[4096];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, patience.Token);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await LeaveAsync(socket);
                return (int?)received.CloseStatus;
            }
        }
    }

    /// <summary>A server started by the guide's command, again and again on the same port.</summary>
    private sealed class Restartable(string redis, bool grace) : IAsyncDisposable
    {
        private readonly int _port = FreePort.Next();
        private SampleProcess? _process;

        public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

        /// <summary>How much it has said since its start; each visit is a line of it.</summary>
        public int OutputLength => _process!.OutputLength;

        public string OutputSince(int length) => _process!.OutputSince(length);

        public async Task StartAsync()
        {
            var words = GuideBlock.Of(Guide, "console", "dotnet Chat.dll")
                .With("--bind 10.0.0.11 --port 8000", $"--bind 127.0.0.1 --port {_port.ToString(CultureInfo.InvariantCulture)}")
                .With("--layer redis --redis 10.0.0.5:6379", string.Join(' ', RedisOptions.Arguments("redis", redis))).With("--trusted-proxy 10.0.0.2", "--trusted-proxy 127.0.0.1")
                .With(Grace, grace ? Grace : "")
                .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
            Assert.That(words[..2], Is.EqualTo(["dotnet", "Chat.dll"]));
            _process = await SampleProcess.StartAsync("Chat", [.. words[2..], "--access-log"]);
        }

        public async Task<int> StopAsync()
        {
            var exit = await _process!.TerminateAsync();
            await DisposeAsync();
            return exit;
        }

        public async ValueTask DisposeAsync()
        {
            if (_process is { } process)
            {
                _process = null;
                await process.DisposeAsync();
            }
        }
    }
}
