using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class EchoTests
{
    [TestCase(0)]
    [TestCase(125)]
    [TestCase(126)]
    [TestCase(127)]
    [TestCase(128)]
    [TestCase(65_535)]
    [TestCase(65_536)]
    [TestCase(1_000_000)]
    [TestCase(16 << 20)]
    [Proves("W-13", "W-19")]
    public async Task Payloads_of_all_length_forms_echo_byte_for_byte(int length)
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo, o => o.MaxMessageBytes = o.MaxFrameBytes = 16 << 20);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        var binary = new byte[length];
        Random.Shared.NextBytes(binary);
        await client.SendAsync(RawFrame.Client(2, binary));
        var echo = await client.ReadMessageAsync();
        Assert.That(echo.Opcode, Is.EqualTo(2));
        Octets.AreSame(echo.Payload, binary);

        var text = string.Concat(Enumerable.Repeat("é", length / 2));
        await client.SendTextAsync(text);
        echo = await client.ReadMessageAsync();
        Assert.That(echo.Opcode, Is.EqualTo(1));
        Assert.That(Encoding.UTF8.GetString(echo.Payload), Is.EqualTo(text));
        await client.SendAsync(RawFrame.ClientClose(1000));
        await client.ExpectCloseAsync(1000);
    }

    [Test]
    [Proves("W-20")]
    public async Task A_thousand_round_trips()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        for (var i = 0; i < 1000; i++)
        {
            var text = new string((char)('a' + (i % 26)), i * 4096 / 999);
            await client.SendTextAsync(text);
            Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo(text));
        }
    }

    [Test]
    [Proves("W-16")]
    public async Task Many_frames_in_one_segment_are_all_handled()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(Enumerable.Range(0, 500).SelectMany(i => RawFrame.ClientText($"{i}")).ToArray());
        for (var i = 0; i < 500; i++)
        {
            Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo($"{i}"));
        }
    }
}
