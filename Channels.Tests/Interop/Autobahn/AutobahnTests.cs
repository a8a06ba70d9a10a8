using Channels.Testing;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Channels.Tests.Interop.Autobahn;

/// <summary>
/// The cases of the Autobahn test suite, which is a program of Python 2 and in no registry that a build may use, over HTTP/1.1
/// and HTTP/2. Stricter than the suite: what it calls "non-strict" fails, and what it only reports is checked.
/// </summary>
/// <remarks>
/// The server's clock stands still: no deadline helps an end along, so that "at once" is proven without a watch. With
/// <c>CHANNELS_AUTOBAHN=full</c> (<c>./build.sh --target=Autobahn</c>) sizes and counts are the suite's own.
/// </remarks>
[Category("Autobahn")]
public sealed class AutobahnTests
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("CHANNELS_AUTOBAHN") == "full";

    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler());

    [TearDown]
    public void Close() => _invoker.Dispose();

    [Test]
    [Proves("W-92", "W-34", "W-46")]
    public async Task Frames_text_and_closing_are_strict_and_every_end_is_clean([Values] Delivery delivery, [Values(1, 2)] int version, [Values(1, 2, 3, 4, 5, 6, 7, 10)] int group)
    {
        const int mostOctets = 3000; // so many writes are enough
        await using var server = await StartAsync(version);
        var cases = ProtocolCases.All().Concat(TextCases.All()).Where(test => test.Group == group);
        if (delivery == Delivery.OctetByOctet)
        {
            cases = cases.Where(test => test.Writes.Sum(write => write.Length) < mostOctets);
        }

        Assert.That(await FaultsAsync(server, version, cases, delivery), Is.Empty);
    }

    [Test]
    [Proves("W-92")]
    public async Task Large_messages_fragments_and_chops_come_back([Values(1, 2)] int version)
    {
        await using var server = await StartAsync(version);
        Assert.That(await FaultsAsync(server, version, new LimitCases(Full).All(), Delivery.AsDescribed), Is.Empty);
    }

    [Test]
    [Proves("W-92")]
    public async Task Round_trips_come_back([Values(1, 2)] int version)
    {
        await using var server = await StartAsync(version);
        foreach (var (id, opcode, length, count) in new LimitCases(Full).RoundTrips())
        {
            using var client = await OpenAsync(server, version);
            var payload = new byte[length];
            Array.Fill(payload, opcode == 1 ? (byte)'*' : (byte)0xfe);
            for (var i = 0; i < count; i++)
            {
                await client.SendAsync(RawFrame.Client(opcode, payload));
                var echo = await client.ReadMessageAsync();
                Assert.That(echo.Opcode == opcode && echo.Payload.AsSpan().SequenceEqual(payload), id);
            }

            await client.SendAsync(RawFrame.ClientClose(1000));
            await client.ExpectCloseAsync(1000);
        }
    }

    [Test]
    [Proves("W-66", "W-69", "W-71", "W-72", "W-92")]
    public async Task Compressed_messages_come_back_and_offers_are_answered([Values(1, 2)] int version, [Values(12, 13)] int group)
    {
        await using var server = await StartAsync(version, compression: true);
        var faults = new List<string>();
        foreach (var test in DeflateCases.All().Where(test => test.Id.StartsWith($"{group}.", StringComparison.Ordinal)))
        {
            using var client = await OpenAsync(server, version, test.Offer);
            if (await test.FindFaultAsync(client, Full ? 1000 : 3) is { } fault)
            {
                faults.Add(fault);
            }
        }

        Assert.That(faults, Is.Empty);
    }

    [Test]
    public void Every_case_of_the_suite_is_there()
    {
        string[] ids =
        [
            .. ProtocolCases.All().Concat(TextCases.All()).Concat(new LimitCases(full: true).All()).Select(test => test.Id),
            .. new LimitCases(full: true).RoundTrips().Select(test => test.Id), .. DeflateCases.All().Select(test => test.Id),
        ];
        Assert.That(ids, Is.Unique);
        Assert.That(
            ids.GroupBy(id => id[..id.IndexOf('.', StringComparison.Ordinal)]).Select(group => (group.Key, group.Count())),
            Is.EquivalentTo(new[] { ("1", 16), ("2", 11), ("3", 7), ("4", 10), ("5", 20), ("6", 145), ("7", 37), ("9", 54), ("10", 1), ("12", 90), ("13", 126) }));
    }

    private async Task<List<string>> FaultsAsync(LiveServer server, int version, IEnumerable<AutobahnCase> cases, Delivery delivery)
    {
        var faults = new List<string>();
        foreach (var test in cases)
        {
            using var client = await OpenAsync(server, version);
            if (await new AutobahnRun(client, test, delivery).FindFaultAsync() is { } fault)
            {
                faults.Add(fault);
            }
        }

        return faults;
    }

    private Task<RawWebSocketClient> OpenAsync(LiveServer server, int version, string? offer = null) => version == 1
        ? RawWebSocketClient.OpenAsync(server.Port, offer is null ? "" : $"Sec-WebSocket-Extensions: {offer}\r\n")
        : RawWebSocketClient.OpenHttp2Async(server.Port, _invoker, offer);

    private static Task<LiveServer> StartAsync(int version, bool compression = false) => WebSocketServer.StartAsync(
        Kestrel.WebSockets.Applications.Echo,
        options =>
        {
            options.MaxMessageBytes = options.MaxFrameBytes = 16 << 20;
            options.MaxFramesPerSecond = 0; // the second would never end
            options.Compression = options.CompressionContextTakeover = compression;
        },
        new ManualTimeProvider(),
        version == 1 ? HttpProtocols.Http1 : HttpProtocols.Http2);
}
