using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Channels.SocketIO;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Engine;

/// <summary>What is measured of sessions.</summary>
public sealed class MetricsTests
{
    private readonly ConcurrentQueue<string> _seen = new();
    private readonly SessionWatch _watch = new();

    [Test]
    public async Task Sessions_are_counted_by_transport_reason_and_refusal()
    {
        await using var server = await EngineServer.StartAsync(_watch.RunAsync, options =>
        {
            options.MaxSessions = 2;
            options.AllowRequest = request => new(request.QueryString.Contains("veto", StringComparison.Ordinal) ? "no" : null);
        });
        using var listener = Listen(server);
        var polled = await server.OpenAsync();
        var (socket, _) = await server.OpenSocketAsync();
        using var end = socket;
        using var full = await server.Http.GetAsync(EngineServer.Path(EngineServer.Polling));
        using var vetoed = await server.Http.GetAsync(EngineServer.Path($"{EngineServer.Polling}&veto"));
        await server.SendAsync(polled, "4a\u001e4b");
        await Eventually.Is(() => SumOf("channels.engineio.polling.packets channels.direction=in") == 2);
        var heard = 0;
        while (heard < 2)
        {
            heard += (await server.PollAsync(polled)).Split('\u001e').Length;
        }

        using (var upgraded = await server.ConnectAsync(polled, upgrade: true))
        {
            await upgraded.SendTextAsync("5");
            Assert.That(await _watch.NextAsync(), Is.InstanceOf<EngineIOUpgraded>());
            await upgraded.SendTextAsync("1");
            Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport close"));
        }

        await socket.SendTextAsync("9");
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("parse error"));
        await Eventually.Is(() => server.Engine.Count == 0);
        await Eventually.Is(() => SumOf("channels.engineio.sessions.active channels.transport=websocket") == 0);
        Assert.Multiple(() =>
        {
            Assert.That(Of("channels.engineio.sessions.active channels.transport=polling"), Is.EqualTo(new[] { 1, -1 }));
            Assert.That(Of("channels.engineio.sessions.active channels.transport=websocket"), Is.EqualTo(new[] { 1, 1, -1, -1 }));
            Assert.That(Of("channels.engineio.upgrades "), Is.EqualTo(new[] { 1 }));
            Assert.That(Of("channels.engineio.sessions.ended channels.disconnect.reason=transport close"), Is.EqualTo(new[] { 1 }));
            Assert.That(Of("channels.engineio.sessions.ended channels.disconnect.reason=parse error"), Is.EqualTo(new[] { 1 }));
            Assert.That(Of("channels.engineio.sessions.refused channels.refusal.reason=full"), Is.EqualTo(new[] { 1 }));
            Assert.That(Of("channels.engineio.sessions.refused channels.refusal.reason=vetoed"), Is.EqualTo(new[] { 1 }));
            Assert.That(SumOf("channels.engineio.polling.packets channels.direction=out"), Is.EqualTo(2));
        });
    }

    private MeterListener Listen(EngineServer server)
    {
        var meter = server.Live.Host.Services.GetRequiredService<ChannelsMetrics>().Meter;
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter, meter))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            _seen.Enqueue($"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}|{value}"));
        listener.Start();
        return listener;
    }

    private List<int> Of(string what) => [.. _seen.Where(line => line.StartsWith($"{what}|", StringComparison.Ordinal)).Select(line => int.Parse(line[(what.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture))];

    private int SumOf(string what) => Of(what).Sum();
}
