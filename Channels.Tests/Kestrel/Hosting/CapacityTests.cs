using System.Net.Sockets;
using System.Text;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>How many connections there may be, and how long one may be silent.</summary>
public sealed class CapacityTests
{
    [TestCase("Max open files            256                  4096                 files     ", 64)]
    [TestCase("Max open files            512                  4096                 files     ", 128)]
    [TestCase("Max open files            1024                 4096                 files     ", 640)]
    [TestCase("Max open files            65536                65536                files     ", 64512)]
    [TestCase("Max open files            unlimited            unlimited            files     ", int.MaxValue)]
    [TestCase("Max locked memory         8388608              8388608              bytes     ", int.MaxValue)]
    [Proves("FG-6")]
    public void Connections_that_fit_leave_files_for_the_rest(string line, int fit) =>
        Assert.That(OpenFiles.Connections(["Limit  Soft Limit  Hard Limit  Units", line]), Is.EqualTo(fit));

    [Test]
    [Proves("FG-6")]
    public void Caps_that_do_not_fit_are_told_with_what_limits_them()
    {
        var options = new ChannelsServerOptions { MaxWebSockets = 1000 };
        Assert.That(Capacity.Complaint(options, 1000, 1000, 1L << 30), Is.Null);
        Assert.That(Capacity.Complaint(options, 2000, 1500, 1L << 30), Does.Contain("MaxConcurrentConnections is 2000").And.Not.Contain("MaxWebSockets"));
        Assert.That(Capacity.Complaint(options, null, 384, 1L << 30), Does.Contain("MaxWebSockets is 1000").And.Contain("384"));
        Assert.That(Capacity.Complaint(options, null, int.MaxValue, 1L << 20), Does.Contain("MaxWebSockets is 1000").And.Contain("1048576"));
        options.MaxWebSockets = 0;
        Assert.That(Capacity.Complaint(options, null, int.MaxValue, 1L << 20), Is.Null, "no cap, and no limit to hold it against");
    }

    [Test]
    [Proves("FG-6")]
    public async Task Caps_that_do_not_fit_are_told_when_the_server_starts()
    {
        var log = new LogRecord();
        await using var server = await LiveServer.StartFunctionAsync(Answer, builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Set("Kestrel:Limits:MaxConcurrentConnections", $"{long.MaxValue}");
        });
        Assert.That(log.Lines.Single(line => line.Id == 1018).Text, Does.Contain($"MaxConcurrentConnections is {long.MaxValue}"));
    }

    [TestCase(384, 1L << 40, 384)]
    [TestCase(int.MaxValue, 1L << 28, 16384)]
    [TestCase(int.MaxValue, 1L << 40, 100_000)]
    [TestCase(int.MaxValue, 0, 1)]
    [Proves("FG-6")]
    public void A_cap_that_nobody_has_set_follows_what_fits_and_is_no_reason_to_warn(int files, long memory, int sockets)
    {
        Assert.That(Capacity.Sockets(files, memory), Is.EqualTo(sockets));
        Assert.That(Capacity.Complaint(new ChannelsServerOptions(), null, files, memory), Is.Null);
    }

    [Test]
    [Proves("FG-6")]
    public async Task The_number_of_connections_follows_the_limit_of_open_files_and_Kestrels_own_limit_is_the_operators([Values] bool set)
    {
        await using var server = await LiveServer.StartFunctionAsync(Answer, builder => builder.Set(set ? new() { ["Kestrel:Limits:MaxConcurrentConnections"] = "77" } : null));
        var limits = server.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;
        Assert.That(limits.MaxConcurrentConnections, Is.EqualTo(set ? 77L : null));
        Assert.That(server.Services.GetRequiredService<ConnectionGate>().Most, Is.EqualTo(OpenFiles.Connections()));
    }

    [Test]
    [Proves("FG-6")]
    public async Task Connections_beyond_the_open_files_are_closed_at_once_and_WebSockets_count_as_well([Values] bool ownDefaults)
    {
        var log = new Consumers.LogRecorder();
        var time = new ManualTimeProvider(); // stands still: what is told again after a while is not
        await using var server = await LiveServer.StartFunctionAsync(WebSockets.Applications.Echo, builder =>
        {
            builder.Services.AddSingleton(provider =>
                new ConnectionGate(2, time, new ServerTelemetry(provider.GetRequiredService<ChannelsMetrics>()), log.CreateLogger("Channels.Server")));
            if (ownDefaults)
            {
                builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.ConfigureEndpointDefaults(static _ => { })); // in place of ours
            }
        });
        var gate = server.Services.GetRequiredService<ConnectionGate>();
        using var first = await OpenWebSocketAsync(server);
        using (await OpenWebSocketAsync(server))
        {
            using var beyond = await server.OpenSocketAsync();
            Assert.That(await RawHttp.ReadAsync(beyond), Is.Empty);
            using var another = await server.OpenSocketAsync();
            Assert.That(await RawHttp.ReadAsync(another), Is.Empty);
            Assert.That(log.Lines.Single().Text, Does.Contain("2 are open").And.Contain("LimitNOFILE"), "once, however many there are");
        }

        await Eventually.Is(() => gate.Open == 1);
        using var again = await OpenWebSocketAsync(server);
    }

    private static async Task<Socket> OpenWebSocketAsync(LiveServer server)
    {
        var socket = await server.OpenSocketAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes(WebSockets.RawWebSocketClient.Request(path: "/")));
        Assert.That(await RawHttp.ReadAsync(socket, "\r\n\r\n"), Does.StartWith("HTTP/1.1 101"));
        return socket;
    }

    [Test]
    [Proves("FG-6")]
    public async Task A_connection_that_says_nothing_is_closed_after_ten_seconds_and_one_that_has_spoken_is_not()
    {
        var time = new ManualTimeProvider();
        await using var server = await LiveServer.StartFunctionAsync(Answer, builder => builder.Services.AddSingleton<TimeProvider>(time));
        using var speaking = await server.OpenSocketAsync();
        await speaking.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        Assert.That(await RawHttp.ReadAsync(speaking, "\r\n\r\n"), Does.StartWith("HTTP/1.1 204"));
        using var silent = await server.OpenSocketAsync();
        var closed = RawHttp.ReadAsync(silent);
        for (var i = 0; i < 9; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(closed.IsCompleted, Is.False);
        await Eventually.Is(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return closed.IsCompleted;
        });
        Assert.That(await closed, Is.Empty);
        await speaking.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray());
        Assert.That(await RawHttp.ReadAsync(speaking), Does.StartWith("HTTP/1.1 204"));
    }

    private static async Task Answer(Scope scope, Receive receive, Send send)
    {
        await send(new HttpResponseStart(204));
        await send(new HttpResponseBody(default));
    }
}
