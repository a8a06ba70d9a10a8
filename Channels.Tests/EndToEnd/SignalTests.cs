using System.Net.WebSockets;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>A program that its service manager tells to stop.</summary>
[Platform(Exclude = "Win", Reason = "Windows has no SIGTERM")]
public sealed class SignalTests
{
    [Test]
    [Proves("REL-43", "REL-44")]
    public async Task SIGTERM_closes_sockets_with_1012_and_ends_with_0()
    {
        await using var server = await SampleProcess.StartAsync("Conformance", "--shutdownTimeoutSeconds=3600", "--Channels:WebSocket:CloseTimeout=00:10:00"); // the test's answer may be late
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(server.WebSocketUrl("/echo"), default);
        var closing = Task.Run(async () =>
        {
            var result = await socket.ReceiveAsync(new byte[16], default);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
            return (int?)result.CloseStatus;
        });

        Assert.That(await server.TerminateAsync(), Is.Zero);
        Assert.That(await closing, Is.EqualTo(1012));
        Assert.That(server.Output, Does.Contain("Stopping"));
    }

    [Test]
    [Proves("REL-45")]
    public async Task A_second_signal_does_not_wait_for_running_requests()
    {
        await using var server = await SampleProcess.StartAsync("Conformance", "--shutdownTimeoutSeconds=3600"); // the host alone would wait for an hour
        using var client = new HttpClient { BaseAddress = server.Url };
        using var waiting = await client.GetAsync("/stream?count=100&delay=60000", HttpCompletionOption.ResponseHeadersRead);
        var first = server.TerminateAsync();
        await Eventually.Is(() => server.Output.Contains("Stopping", StringComparison.Ordinal));
        Assert.That(first.IsCompleted, Is.False, "a running request is waited for");

        Assert.That(await server.TerminateAsync(), Is.EqualTo(1));
        await first;
    }
}
