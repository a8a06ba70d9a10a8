using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class ApplicationContractTests
{
    [Test]
    [Proves("C-WS-02")]
    public async Task Close_before_accept_is_403_then_1006()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketClose(4000, "lost"));
            log.Add(await receive());
            log.Add(Assert.ThrowsAsync<IllegalEventException>(async () => await receive())!);
            log.Add(Assert.ThrowsAsync<ConnectionClosedException>(async () => await send(new WebSocketAccept()))!);
        });
        Assert.That(await server.RequestAsync(), Does.StartWith("HTTP/1.1 403").And.EndWith("\r\n\r\n"));
        Assert.That(await log.NextAsync(), Is.EqualTo(new WebSocketDisconnect(1006)));
        await log.NextAsync();
        await log.NextAsync();
    }

    [Test]
    [Proves("C-WS-13")]
    public async Task A_send_before_accept_is_an_error_that_names_what_is_legal_and_ends_as_500()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            try
            {
                await send(WebSocketSend.FromText("early"));
            }
            catch (IllegalEventException error)
            {
                log.Add(error.Message);
                throw;
            }
        });
        Assert.That(await server.RequestAsync(), Does.StartWith("HTTP/1.1 500"));
        Assert.That(await log.NextAsync(), Does.Contain("connecting").And.Contain("websocket.accept"));
    }

    [Test]
    [Proves("C-WS-14")]
    public async Task An_application_that_ends_without_an_answer_is_500()
    {
        await using var server = await WebSocketServer.StartAsync((_, _, _) => Task.CompletedTask);
        Assert.That(await server.RequestAsync(), Does.StartWith("HTTP/1.1 500"));
    }

    [Test]
    [Proves("REL-30")]
    public async Task An_error_before_accept_is_500_without_details()
    {
        await using var server = await WebSocketServer.StartAsync((_, _, _) => throw new InvalidDataException("secret"));
        Assert.That(await server.RequestAsync(), Does.StartWith("HTTP/1.1 500").And.Not.Contain("secret"));
    }

    [Test]
    [Proves("C-WS-26", "REL-30")]
    public async Task An_error_after_accept_closes_with_1011()
    {
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            await receive();
            throw new InvalidDataException("secret");
        });
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendTextAsync("go");
        Assert.That((await client.ExpectCloseAsync(1011)).CloseReason, Is.Empty);
    }

    [Test]
    public async Task An_application_that_ends_while_open_closes_with_1000()
    {
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            await send(WebSocketSend.FromText("bye"));
        });
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("bye"));
        await client.ExpectCloseAsync(1000);
    }

    [Test]
    [Proves("C-WS-15")]
    public async Task Accepting_twice_is_an_error()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            log.Add(Assert.ThrowsAsync<IllegalEventException>(async () => await send(new WebSocketAccept()))!.Message);
            log.Add(Assert.ThrowsAsync<IllegalEventException>(async () => await send(new HttpResponseBody()))!.Message);
        });
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        Assert.That(await log.NextAsync(), Does.Contain("open").And.Contain("websocket.send").And.Contain("websocket.close"));
        Assert.That(await log.NextAsync(), Does.Contain("http.response.body"));
    }

    [Test]
    [Proves("C-WS-16")]
    public async Task After_its_own_close_an_application_ends_quietly_whatever_it_still_sends()
    {
        var log = new EventLog();
        var logs = new Support.LogRecord();
        await using var server = await WebSocketServer.StartAsync(
            async (_, receive, send) =>
            {
                await receive();
                await send(new WebSocketAccept());
                await send(new WebSocketClose(4000, "idle"));
                log.Add(Assert.ThrowsAsync<ConnectionClosedException>(async () => await send(WebSocketSend.FromText("x")))!);
                await send(new WebSocketClose(4001)); // changes nothing
                log.Add(Assert.ThrowsAsync<IllegalEventException>(async () => await send(new HttpResponseStart(200)))!);
                log.Add(await receive());
                await send(WebSocketSend.FromText("late"));
            },
            logs: logs);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.ExpectCloseAsync(4000);
        Assert.That(await log.NextAsync<WebSocketDisconnect>(), Is.EqualTo(new WebSocketDisconnect(4000, "idle")));
        await Support.Eventually.Is(() => server.OpenSockets == 0);
        Assert.That(logs.Errors, Is.Empty);
    }

    [Test]
    public async Task A_close_beside_an_acceptance_takes_effect_when_the_connection_is_open()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            var accepting = send(new WebSocketAccept());
            await send(new WebSocketClose(4001, "changed my mind"));
            await accepting;
            log.Add(await receive());
        });
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        Assert.That((await client.ExpectCloseAsync(4001)).CloseReason, Is.EqualTo("changed my mind"));
        Assert.That(await log.NextAsync(), Is.EqualTo(new WebSocketDisconnect(4001, "changed my mind")));
    }

    [Test]
    [Proves("C-WS-20", "W-62")]
    public async Task Sending_to_a_lost_socket_fails_and_the_failure_is_tolerated()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            log.Add(await receive());
            log.Add(Assert.ThrowsAsync<ConnectionClosedException>(async () => await send(WebSocketSend.FromText("x")))!);
            await send(WebSocketSend.FromText("x"));
        });
        using (await RawWebSocketClient.OpenAsync(server.Port))
        {
        }

        Assert.That(await log.NextAsync(), Is.EqualTo(new WebSocketDisconnect(1006)));
        await log.NextAsync<ConnectionClosedException>();
    }

    [Test]
    [Proves("C-WS-21")]
    public async Task A_client_gone_before_the_handshake_is_answered_is_1006()
    {
        var log = new EventLog();
        var begun = new TaskCompletionSource();
        await using var server = await WebSocketServer.StartAsync(async (scope, receive, _) =>
        {
            await receive();
            begun.SetResult();
            log.Add(await receive());
            log.Add(scope.Aborted.WaitHandle.WaitOne(Eventually.Patience));
        });
        var client = await RawWebSocketClient.ConnectAsync(server.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes(RawWebSocketClient.Request()));
        await begun.Task;
        client.Reset();
        Assert.That(await log.NextAsync(), Is.EqualTo(new WebSocketDisconnect(1006)));
        Assert.That(await log.NextAsync(), Is.True);
    }

    [Test]
    [Proves("C-WS-25")]
    public async Task An_application_that_raises_cancellation_leaves_nothing_behind()
    {
        await using var server = await WebSocketServer.StartAsync((_, _, _) => throw new OperationCanceledException());
        Assert.That(await server.RequestAsync(), Does.StartWith("HTTP/1.1 500"));
        await Support.Eventually.Is(() => server.OpenSockets == 0);
    }

    [Test]
    [Proves("C-WS-27")]
    public async Task An_empty_message_is_sent()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendTextAsync("");
        Assert.That(await client.ReadFrameAsync(), Has.Property(nameof(RawFrame.Opcode)).EqualTo(1).And.Property(nameof(RawFrame.Payload)).Empty);
    }

    [Test]
    public async Task A_receive_that_is_cancelled_loses_nothing_and_only_one_may_wait()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            using var cancel = new CancellationTokenSource();
            var waiting = receive(cancel.Token).AsTask();
            log.Add(Assert.ThrowsAsync<InvalidOperationException>(async () => await receive(CancellationToken.None))!);
            await cancel.CancelAsync();
            log.Add(Assert.CatchAsync<OperationCanceledException>(async () => await waiting)!);
            await send(WebSocketSend.FromText("now"));
            log.Add(await receive(CancellationToken.None));
        });
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.ReadFrameAsync();
        await client.SendTextAsync("x");
        Assert.That((await log.NextAsync<WebSocketReceive>()).GetText(), Is.EqualTo("x"));
    }

    [Test]
    [Proves("W-31")]
    public async Task Pings_are_answered_while_a_handler_blocks_its_thread()
    {
        using var release = new ManualResetEventSlim();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            await receive();
            release.Wait(Eventually.Patience);
        });
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendTextAsync("block");
        await client.SendAsync(RawFrame.Client(9, "alive"u8));
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("alive"));
        release.Set();
    }

    [Test]
    [Proves("REL-38")]
    public async Task A_slow_application_stops_the_reading_and_loses_nothing()
    {
        var go = new TaskCompletionSource();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            await go.Task;
            for (var expected = 0; await receive() is WebSocketReceive message; expected++)
            {
                await send(WebSocketSend.FromText(message.GetText() == $"{expected}" ? "ok" : "wrong"));
            }
        }, o => o.MaxInboundMessageCount = 4);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(Enumerable.Range(0, 200).SelectMany(i => RawFrame.ClientText($"{i}")).ToArray());
        go.SetResult();
        for (var i = 0; i < 200; i++)
        {
            Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("ok"));
        }
    }
}
