using System.Diagnostics.Metrics;
using System.Net;
using System.Net.WebSockets;
using Channels.Extending;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Kestrel.Http;

/// <summary>Slow readers and clients that change their mind.</summary>
public sealed class HttpPressureTests
{
    [Test]
    [Proves("REL-54")]
    public async Task Sending_waits_for_a_slow_reader_and_nothing_is_lost()
    {
        const int part = 64 * 1024;
        const int parts = 1024; // 64 MiB, more than all buffers on the way
        var sent = 0;
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var chunk = new byte[part];
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200));
            for (; sent < parts; sent++)
            {
                var sending = send(new HttpResponseBody(chunk, MoreBody: true));
                if (!sending.IsCompleted)
                {
                    waiting.TrySetResult();
                }

                await sending;
            }

            await send(new HttpResponseBody());
        });
        using var answer = await app.Http.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await waiting.Task.WaitAsync(Eventually.Patience);
        Assert.That(sent, Is.LessThan(parts), "the application is held back");

        await using var stream = await answer.Content.ReadAsStreamAsync();
        var received = 0L;
        for (int read; (read = await stream.ReadAsync(chunk)) > 0;)
        {
            received += read;
        }

        Assert.That(received, Is.EqualTo((long)part * parts));
    }

    [Test]
    [Proves("FG-1")]
    public async Task A_body_that_is_kept_after_its_request_is_over_is_counted_no_more()
    {
        var kept = new List<(Scope Scope, MemoryHolder Holder)>();
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            kept.Add((scope, scope.Exchange!.Memory!));
            await send.TextAsync("done");
        });
        using var listener = new MeterListener();
        var meter = app.Services.GetRequiredService<ChannelsMetrics>().Meter;
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter, meter) && instrument.Name == "channels.server.memory.held")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        var held = -1L;
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => held = value);
        listener.Start();
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }) { BaseAddress = app.Http.BaseAddress };
        await client.GetStringAsync("/");
        await client.GetStringAsync("/"); // on the same connection: the first is over

        Assert.That(kept[0].Scope.GetMemory(), Is.Null);
        Assert.That(new MemoryShare().Set(1024 * 1024, kept[0].Holder), Is.False);
        listener.RecordObservableInstruments();
        Assert.That(held, Is.Zero);
    }

    [Test]
    [Proves("SEC-18")]
    public async Task Websockets_opened_and_reset_at_once_leave_nothing_behind()
    {
        var active = 0L;
        var opened = 0;
        await using var app = await LiveServer.StartFunctionAsync(
            async (scope, receive, send) =>
            {
                Interlocked.Increment(ref opened);
                while (await receive() is not WebSocketDisconnect)
                {
                }
            },
            builder => builder.Set("Kestrel:EndpointDefaults:Protocols", "Http2"));
        using var listener = new MeterListener();
        var meter = app.Services.GetRequiredService<ChannelsMetrics>().Meter;
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter, meter) && instrument.Name == "channels.server.connections.active")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref active, value));
        listener.Start();
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        for (var i = 1; i <= 50; i++)
        {
            using var giveUp = new CancellationTokenSource();
            using var socket = new ClientWebSocket { Options = { HttpVersion = HttpVersion.Version20, HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact } };
            var connecting = socket.ConnectAsync(app.WebSocketAddress("/"), invoker, giveUp.Token);
            await Eventually.Is(() => Volatile.Read(ref opened) == i);
            await giveUp.CancelAsync();
            Assert.That(async () => await connecting, Throws.Exception);
        }

        await Eventually.Is(() => Interlocked.Read(ref active) == 0);
    }
}
