using System.Net.Sockets;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class ClosingTests
{
    [Test]
    [Proves("W-50", "C-WS-29")]
    public async Task An_empty_close_is_answered_with_an_empty_one_and_the_application_sees_1005()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log));
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(RawFrame.Client(8, []));
        var close = await client.ReadFrameAsync();
        Assert.That((close.Opcode, close.Payload.Length), Is.EqualTo((8, 0)));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        Assert.That(await log.NextAsync<WebSocketDisconnect>(), Is.EqualTo(new WebSocketDisconnect(1005)));
    }

    [Test]
    [Proves("W-52", "C-WS-18")]
    public async Task Allowed_codes_are_echoed_and_reach_the_application(
        [Values(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999)] int code)
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log));
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(RawFrame.ClientClose(code, "fertig ✓"));
        Assert.That((await client.ReadFrameAsync()).CloseCode, Is.EqualTo(code));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        Assert.That(client.WasReset, Is.False);
        Assert.That(await log.NextAsync<WebSocketDisconnect>(), Is.EqualTo(new WebSocketDisconnect(code, "fertig ✓")));
    }

    [TestCase(0)]
    [TestCase(999)]
    [TestCase(1004)]
    [TestCase(1005)]
    [TestCase(1006)]
    [TestCase(1015)]
    [TestCase(1016)]
    [TestCase(2999)]
    [TestCase(5000)]
    [TestCase(65535)]
    [Proves("W-53")]
    public async Task Other_codes_fail_with_1002(int code)
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(RawFrame.ClientClose(code));
        Assert.That((await client.ReadFrameAsync()).CloseCode, Is.EqualTo(1002));
    }

    [Test]
    [Proves("W-55", "W-56")]
    public async Task Exactly_one_close_is_sent_and_nothing_behind_the_peers_close_counts()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log));
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync((byte[])[.. RawFrame.ClientClose(1000), .. RawFrame.ClientClose(1001), .. RawFrame.Client(9, []), .. RawFrame.ClientText("late")]);
        Assert.That((await client.ReadFrameAsync()).CloseCode, Is.EqualTo(1000));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        await log.NextAsync<WebSocketDisconnect>();
        Assert.That(log.All.OfType<WebSocketReceive>(), Is.Empty);
    }

    [Test]
    [Proves("C-WS-23")]
    public async Task Messages_before_the_close_are_delivered_and_may_be_answered_though_the_application_was_busy()
    {
        var log = new EventLog();
        var go = new TaskCompletionSource();
        await using var server = await WebSocketServer.StartAsync(async (scope, receive, send) =>
        {
            scope.Aborted.UnsafeRegister(_ => log.Add("aborted"), null);
            await receive();
            await send(new WebSocketAccept());
            await go.Task;
            while (await receive() is var message)
            {
                log.Add(message);
                if (message is WebSocketDisconnect)
                {
                    return;
                }

                await send(WebSocketSend.FromText("echo"));
            }
        }, time: new ManualTimeProvider()); // by the system's clock it would have a second for its answers
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(Enumerable.Repeat(RawFrame.ClientText("x"), 5).SelectMany(f => f).Concat(RawFrame.ClientClose(4321)).ToArray());
        Assert.That(await log.NextAsync(), Is.EqualTo("aborted")); // at once, while the application is busy
        go.SetResult();
        for (var i = 0; i < 5; i++)
        {
            Assert.That(await log.NextAsync(), Is.InstanceOf<WebSocketReceive>());
            Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("echo"));
        }

        Assert.That(await log.NextAsync(), Is.EqualTo(new WebSocketDisconnect(4321)));
        Assert.That((await client.ReadFrameAsync()).CloseCode, Is.EqualTo(4321));
    }

    [Test]
    public async Task The_peers_close_is_answered_in_time_though_the_application_does_nothing()
    {
        var time = new ManualTimeProvider();
        var accepted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            accepted.SetResult();
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        }, o => o.KeepAliveInterval = TimeSpan.Zero, time);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await accepted.Task;
        await client.SendAsync(RawFrame.ClientClose(1000));
        var answer = client.ReadFrameAsync();
        await Eventually.Is(() => IsSo(answer.IsCompleted));
        Assert.That((await answer).CloseCode, Is.EqualTo(1000));
        Assert.That(await client.ReadToEndAsync(), Is.Empty); // C-WS-30, F-15: the connection ends though the application does not
        await Eventually.Is(() => IsSo(server.OpenSockets == 0));

        bool IsSo(bool isSo)
        {
            time.Advance(TimeSpan.FromMilliseconds(isSo ? 0 : 100)); // small steps: what is written has CloseTimeout to be sent
            return isSo;
        }
    }

    [Test]
    [Proves("W-57", "C-WS-17")]
    public async Task After_our_close_data_is_discarded_up_to_the_peers_close()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            await receive();
            await send(new WebSocketClose(4000, "enough"));
            log.Add(await receive());
        });
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendTextAsync("go");
        var close = await client.ReadFrameAsync();
        Assert.That((close.CloseCode, close.CloseReason), Is.EqualTo((4000, "enough")));
        Assert.That(await log.NextAsync(), Is.EqualTo(new WebSocketDisconnect(4000, "enough")));
        await client.SendAsync((byte[])[.. RawFrame.ClientText("late"), .. RawFrame.Client(9, "late"u8), .. RawFrame.Client(2, new byte[5000]), .. RawFrame.ClientClose(4000)]);
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        Assert.That(client.WasReset, Is.False);
    }

    [Test]
    [Proves("W-58")]
    public async Task An_illegal_close_throws_and_leaves_the_socket_open()
    {
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            foreach (var code in new[] { 0, 999, 1004, 1005, 1006, 1015, 2999, 5000, -1 })
            {
                Assert.ThrowsAsync<IllegalEventException>(async () => await send(new WebSocketClose(code)));
            }

            Assert.ThrowsAsync<IllegalEventException>(async () => await send(new WebSocketClose(1000, new string('é', 62))));
            await send(WebSocketSend.FromText("still open"));
            await send(new WebSocketClose(1000, new string('a', 123)));
        });
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("still open"));
        Assert.That((await client.ExpectCloseAsync(1000)).CloseReason, Has.Length.EqualTo(123));
    }

    [Test]
    [Proves("C-WS-19", "W-59")]
    public async Task A_lost_peer_is_1006_at_once([Values] bool reset)
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log));
        var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendTextAsync("x");
        await client.ReadFrameAsync();
        if (reset)
        {
            client.Reset();
        }
        else
        {
            client.Socket.Shutdown(SocketShutdown.Both);
        }

        Assert.That(await log.NextAsync<WebSocketDisconnect>(), Is.EqualTo(new WebSocketDisconnect(1006)));
        client.Dispose();
    }

    [Test]
    [Proves("C-WS-22", "W-61")]
    public async Task A_drain_closes_with_1012_and_the_application_sees_it()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log));
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        var stopping = server.Host.StopAsync();
        await client.ExpectCloseAsync(1012);
        Assert.That(await log.NextAsync<WebSocketDisconnect>(), Is.EqualTo(new WebSocketDisconnect(1012)));
        await stopping;
        Assert.That(server.OpenSockets, Is.Zero);
    }
}
