using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>Peers that go and applications that fail in unusual moments: the connection ends, and nothing else does.</summary>
public sealed class ApplicationFaultTests
{
    [Test]
    public async Task A_client_that_goes_while_nothing_is_read_from_it_is_noticed_at_once()
    {
        var aborted = new TaskCompletionSource();
        await using var server = await WebSocketServer.StartAsync(async (scope, receive, send) =>
        {
            scope.Aborted.UnsafeRegister(static state => ((TaskCompletionSource)state!).SetResult(), aborted);
            await receive();
            await send(new WebSocketAccept());
            await aborted.Task; // takes no message meanwhile
        }, options => options.MaxInboundMessageCount = 2);
        using (var client = await RawWebSocketClient.OpenAsync(server.Port))
        {
            await client.SendAsync(Enumerable.Repeat(RawFrame.ClientText("x"), 20).SelectMany(frame => frame).ToArray());
            client.Reset();
        }

        Assert.That(async () => await aborted.Task.WaitAsync(Eventually.Patience), Throws.Nothing);
    }

    [Test]
    public async Task A_client_that_is_lost_after_the_applications_own_close_still_ends_its_work()
    {
        var closed = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var server = await WebSocketServer.StartAsync(async (scope, receive, send) =>
        {
            scope.Aborted.UnsafeRegister(static state => ((TaskCompletionSource)state!).SetResult(), aborted);
            await receive();
            await send(new WebSocketAccept());
            await send(new WebSocketClose());
            closed.SetResult();
            await aborted.Task;
        });
        using (var client = await RawWebSocketClient.OpenAsync(server.Port))
        {
            await closed.Task;
            client.Reset();
        }

        Assert.That(async () => await aborted.Task.WaitAsync(Eventually.Patience), Throws.Nothing);
        await Support.Eventually.Is(() => server.OpenSockets == 0);
    }

    [Test]
    public async Task An_application_that_returns_no_task_is_refused_and_leaves_nothing_behind()
    {
        await using var server = await WebSocketServer.StartAsync((_, _, _) => null!);
        Assert.That(await server.RequestAsync(), Does.StartWith("HTTP/1.1 500"));
        await Support.Eventually.Is(() => server.OpenSockets == 0);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_logger_that_fails_while_a_failure_is_logged_ends_only_the_connection(bool late)
    {
        await using var server = await WebSocketServer.StartAsync(
            async (_, receive, send) =>
            {
                await receive();
                if (late)
                {
                    await send(new WebSocketAccept());
                    await receive();
                }

                throw new InvalidOperationException("the application's fault");
            },
            logs: new FailingLogs());
        if (late)
        {
            using var client = await RawWebSocketClient.OpenAsync(server.Port);
            await client.SendTextAsync("go");
            Assert.That((await client.ReadFrameAsync()).CloseCode, Is.EqualTo(1011));
        }
        else
        {
            Assert.That(await server.RequestAsync(), Does.StartWith("HTTP/1.1 500"));
        }

        await Support.Eventually.Is(() => server.OpenSockets == 0);
    }

    private sealed class FailingLogs : ILoggerProvider, ILogger
    {
        private const int ApplicationFailed = 1110;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == ApplicationFailed)
            {
                throw new InvalidOperationException("the logger's fault");
            }
        }

        public void Dispose()
        {
        }
    }
}
