using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class WebSocketMetricsTests
{
    [Test]
    [Proves("E-114", "E-115", "E-116", "FG-14")]
    public async Task Connections_and_messages_are_measured()
    {
        var seen = new ConcurrentQueue<(string Name, double Value, string Tags)>();
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        var meter = server.Services.GetRequiredService<ChannelsMetrics>().Meter;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter, meter))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.Enqueue((instrument.Name, value, Join(tags))));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen.Enqueue((instrument.Name, value, Join(tags))));
        listener.Start();
        using (var client = await RawWebSocketClient.OpenAsync(server.Port))
        {
            await client.SendTextAsync("four");
            await client.ReadFrameAsync();
            await client.SendAsync(RawFrame.ClientClose(4001));
            await client.ReadToEndAsync();
        }

        await Support.Eventually.Is(() => seen.Any(s => s.Name == "channels.server.connection.duration"));
        Assert.Multiple(() =>
        {
            Assert.That(seen.Where(s => s.Name == "channels.server.connections.active").Select(s => s.Value), Is.EqualTo(new[] { 1d, -1 }));
            Assert.That(seen.Single(s => s.Name == "channels.server.connection.duration").Tags, Is.EqualTo("channels.scope.type=websocket channels.close.code=4000 channels.closed_by=client"));
            Assert.That(seen.Where(s => s.Name == "channels.server.messages").Select(s => s.Tags), Is.EqualTo(new[] { "channels.direction=in channels.message.kind=text", "channels.direction=out channels.message.kind=text" }));
            Assert.That(seen.Where(s => s.Name == "channels.server.message.size").Select(s => s.Value), Is.EqualTo(new[] { 4d, 4 }));
        });
    }

    private static string Join(ReadOnlySpan<KeyValuePair<string, object?>> tags) => string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
}
