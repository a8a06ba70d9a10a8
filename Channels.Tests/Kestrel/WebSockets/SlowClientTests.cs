using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class SlowClientTests
{
    private const int Window = 65_535;
    private const int FloodBytes = 50_000;

    [Test]
    [Proves("F-17")]
    public async Task A_client_that_does_not_read_is_closed_with_1013_after_the_timeout()
    {
        var log = new EventLog();
        var time = new ManualTimeProvider();
        await using var server = await WebSocketServer.StartAsync(Flood(log), o => (o.KeepAliveInterval, o.CloseTimeout) = (TimeSpan.Zero, TimeSpan.FromDays(1)), time);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await Support.Eventually.Is(() => time.ActiveTimers > 0);
        await log.NextAsync<string>(); // "waits"
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.That(log.All.OfType<ConnectionClosedException>(), Is.Empty);
        await AdvanceUntilAsync(time, () => log.All.OfType<ConnectionClosedException>().Any()); // may go on until the application has a thread: nobody is cut meanwhile
        await log.NextAsync<ConnectionClosedException>();
        Assert.That((await log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1013));

        // It reads on: what was under way, then the close frame; what waited is gone.
        RawFrame frame;
        var messages = 0;
        do
        {
            frame = await client.ReadMessageAsync();
            messages++;
        }
        while (frame.Opcode != 8);
        Assert.That(frame.CloseCode, Is.EqualTo(1013));
        Assert.That(messages, Is.LessThan(1000));
    }

    [Test]
    [Proves("FG-3")]
    public async Task A_stream_of_http_2_that_takes_nothing_is_slow_as_soon_as_what_nobody_has_taken_exceeds_the_limit()
    {
        var log = new EventLog();
        var time = new ManualTimeProvider();
        const int most = 256 * 1024;
        await using var server = await WebSocketServer.StartAsync(Flood(log), o => (o.KeepAliveInterval, o.MaxOutboundBytes) = (TimeSpan.Zero, most), time, Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { InitialHttp2StreamWindowSize = Window });
        using var client = await RawWebSocketClient.OpenHttp2Async(server.Port, invoker);
        await log.NextAsync<string>(); // "waits"
        await AdvanceUntilAsync(time, () => log.All.OfType<WebSocketDisconnect>().Any());
        Assert.That((await log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1013));
        Assert.That(log.Sent, Is.LessThanOrEqualTo(Window + most + FloodBytes), "what the client's window let through, the limit, and the send that waited");
    }

    [Test]
    [Proves("FG-9", "F-17")]
    public async Task Clients_whose_messages_are_dropped_are_told_once_and_then_counted()
    {
        var log = new LogRecord();
        var time = new ManualTimeProvider();
        var flooded = 0;
        await using var server = await WebSocketServer.StartAsync(
            async (_, receive, send) =>
            {
                await receive();
                await send(new WebSocketAccept());
                await send(WebSocketSend.FromBinary(new byte[Window])); // the whole window, so that nothing leaves any more
                for (var i = 0; i < 4; i++)
                {
                    await send(WebSocketSend.FromBinary(new byte[FloodBytes]));
                }

                Interlocked.Increment(ref flooded);
                await receive();
            },
            o => (o.KeepAliveInterval, o.SlowClientPolicy, o.MaxOutboundMessageCount) = (TimeSpan.Zero, SlowClientPolicy.DropNewest, 1),
            time,
            Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2,
            logs: log);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { InitialHttp2StreamWindowSize = Window });
        using var first = await RawWebSocketClient.OpenHttp2Async(server.Port, invoker);
        using var second = await RawWebSocketClient.OpenHttp2Async(server.Port, invoker);
        using var third = await RawWebSocketClient.OpenHttp2Async(server.Port, invoker);
        await Support.Eventually.Is(() => Volatile.Read(ref flooded) == 3); // all of them within one episode
        time.Advance(TimeSpan.FromSeconds(10));
        await Support.Eventually.Is(() => log.Lines.Any(line => line.Id == 1031 && line.Text.Contains("dropped", StringComparison.Ordinal)));
        Assert.That(log.Lines.Count(line => line.Id == 1103), Is.EqualTo(1));
    }

    [Test]
    [Proves("F-17")]
    public async Task A_client_that_never_reads_is_cut_in_the_end()
    {
        var log = new EventLog();
        var time = new ManualTimeProvider();
        await using var server = await WebSocketServer.StartAsync(Flood(log), o => o.SlowClientTimeout = o.KeepAliveInterval = TimeSpan.Zero, time);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await log.NextAsync<string>();
        await AdvanceUntilAsync(time, () => log.All.OfType<WebSocketDisconnect>().Any());
        Assert.That((await log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1013));
        await AdvanceUntilAsync(time, () => server.OpenSockets == 0);
    }

    [Test]
    public async Task With_a_drop_policy_sending_goes_on_and_other_sockets_lose_nothing([Values(SlowClientPolicy.DropOldest, SlowClientPolicy.DropNewest)] SlowClientPolicy policy)
    {
        var sent = new TaskCompletionSource();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            for (var i = 0; i < 3000; i++)
            {
                var message = new byte[10_000];
                BitConverter.TryWriteBytes(message, i);
                var sending = send(WebSocketSend.FromBinary(message));
                Assert.That(sending.IsCompletedSuccessfully);
            }

            sent.SetResult();
            await receive();
        }, o => o.SlowClientPolicy = policy);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await sent.Task;
        var (last, count, unbroken) = (-1, 0, 0);
        await client.SendAsync(RawFrame.ClientClose(1000));
        while (await client.ReadMessageAsync() is { Opcode: 2 } message)
        {
            var number = BitConverter.ToInt32(message.Payload);
            Assert.That(number, Is.GreaterThan(last)); // in order, never twice
            last = number;
            unbroken += number == count++ ? 1 : 0;
        }

        Assert.That(count, Is.LessThan(3000));
        if (policy == SlowClientPolicy.DropOldest)
        {
            Assert.That(last, Is.EqualTo(2999), "the newest is always kept");
        }
        else
        {
            Assert.That(unbroken * 10_000L, Is.GreaterThan(new WebSocketServerOptions().MaxOutboundBytes - 20_000), "a full queue's worth of the oldest is kept");
        }
    }

    // The kernel may take more after the first wait, and the next wait begins anew: so second by second.
    private static Task AdvanceUntilAsync(ManualTimeProvider time, Func<bool> condition) => Support.Eventually.Is(() =>
    {
        if (condition())
        {
            return true;
        }

        time.Advance(TimeSpan.FromSeconds(1));
        return false;
    });

    private static Application Flood(EventLog log) => async (_, receive, send) =>
    {
        await receive();
        await send(new WebSocketAccept());
        var message = WebSocketSend.FromBinary(new byte[FloodBytes]);
        try
        {
            while (true)
            {
                var sending = send(message);
                log.Sent += message.Payload.Length;
                if (!sending.IsCompleted)
                {
                    log.Add("waits");
                }

                await sending;
            }
        }
        catch (ConnectionClosedException closed)
        {
            log.Add(closed);
        }

        log.Add(await receive());
    };
}
