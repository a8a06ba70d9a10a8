using System.Diagnostics.Metrics;
using Channels.Testing;
using Channels.Tests.Kestrel.Http;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>Whoever watches the server and fails costs nobody a request, and never the process.</summary>
public sealed class FailingListenersTests
{
    [Test]
    public async Task A_log_provider_that_throws_costs_no_request()
    {
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => send.TextAsync("ok"), builder =>
        {
            builder.Logging.AddProvider(new Failing());
            builder.Logging.AddFilter((category, _) => category?.StartsWith("Channels.", StringComparison.Ordinal) == true);
            builder.Set("Channels:Server:AccessLog", "true");
        });

        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("ok"));
        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("ok"));
    }

    [Test]
    public async Task Listeners_to_metrics_and_activities_that_throw_cost_no_request()
    {
        await using var app = await LiveServer.StartFunctionAsync(
            (scope, receive, send) => scope is WebSocketScope ? WebSockets.Applications.Echo(scope, receive, send) : send.TextAsync("ok"),
            builder => builder.Set("Channels:Server:MaxWebSockets", "1"));
        var meter = app.Services.GetRequiredService<ChannelsMetrics>().Meter;
        using var metrics = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, meter))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        metrics.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidOperationException("listener"));
        metrics.SetMeasurementEventCallback<double>((_, _, _, _) => throw new InvalidOperationException("listener"));
        metrics.Start();

        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("ok"));
        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("ok"));
        using (var client = await WebSockets.RawWebSocketClient.OpenEchoAsync(app.Port))
        {
            Assert.That(await app.SendRawAsync(WebSockets.RawWebSocketClient.Request()), Does.StartWith("HTTP/1.1 503 "));
            await client.SendAsync(WebSockets.RawFrame.ClientClose(1000));
            await client.ReadToEndAsync();
        }

        await Eventually.Is(async () => (await app.SendRawAsync(WebSockets.RawWebSocketClient.Request(), until: "\r\n\r\n")).StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal));
    }

    private sealed class Failing : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("the log is full");

        public void Dispose()
        {
        }
    }
}
