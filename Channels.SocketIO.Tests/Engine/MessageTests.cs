using System.Net.WebSockets;
using System.Text;
using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>What the two sides say to each other arrives as it was said.</summary>
public sealed class MessageTests
{
    private const string Words = "héllo 漢字 🙂";

    [Test]
    [Proves("S-EIO-19", "S-EIO-20", "S-EIO-28")]
    public async Task Polled_messages_come_back_in_order_and_in_one_body()
    {
        await using var server = await EngineServer.StartAsync();
        var sid = await server.OpenAsync();
        await server.SendAsync(sid, "4hello");
        Assert.That(await server.PollAsync(sid), Is.EqualTo("4hello"));
        await server.SendAsync(sid, "4one\u001e4two\u001e4three");
        await server.SendAsync(sid, "4four");
        Assert.That(await ReadAllAsync(server, sid, 4), Is.EqualTo("4one\u001e4two\u001e4three\u001e4four"));
    }

    [Test]
    [Proves("S-EIO-21")]
    public async Task Bytes_travel_as_base64_between_texts()
    {
        await using var server = await EngineServer.StartAsync();
        var sid = await server.OpenAsync();
        await server.SendAsync(sid, "4hello\u001ebAQIDBA==");
        Assert.That(await ReadAllAsync(server, sid, 2), Is.EqualTo("4hello\u001ebAQIDBA=="));
    }

    [Test]
    [Proves("S-EIO-22", "S-EIO-23", "S-EIO-24", "S-EIO-25")]
    public async Task A_websocket_carries_texts_and_bytes_as_they_are()
    {
        await using var server = await EngineServer.StartAsync();
        using var socket = await OpenAsync(server);
        await socket.SendTextAsync("4hello");
        await socket.SendBytesAsync(1, 2, 3, 4);
        await socket.SendBytesAsync();
        await socket.SendTextAsync($"4{Words}");
        await socket.SendTextAsync("4");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4hello"));
        Assert.That(await socket.ReadBytesAsync(), Is.EqualTo(new byte[] { 1, 2, 3, 4 }));
        Assert.That(await socket.ReadBytesAsync(), Is.Empty);
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo($"4{Words}"));
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4"));
    }

    [Test]
    [Proves("S-EIO-24", "S-EIO-25", "S-EIO-26")]
    public async Task Polling_carries_nothing_and_every_character_in_chunks_of_any_size()
    {
        await using var server = await EngineServer.StartAsync();
        var sid = await server.OpenAsync();
        using var answer = await server.PostAsync(sid, new Drops(Encoding.UTF8.GetBytes($"4{Words}\u001eb\u001e4")));
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("ok"));
        Assert.That(await ReadAllAsync(server, sid, 3), Is.EqualTo($"4{Words}\u001eb\u001e4"));
    }

    [Test]
    [Proves("S-EIO-27")]
    public async Task A_client_without_binary_messages_gets_base64_and_may_send_it()
    {
        await using var server = await EngineServer.StartAsync();
        using var socket = await OpenAsync(server, $"{EngineServer.WebSocket}&b64=1");
        await socket.SendTextAsync("bAQIDBA==");
        await socket.SendBytesAsync(1, 2, 3, 4);
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("bAQIDBA=="));
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("bAQIDBA=="));
    }

    [Test]
    [Proves("S-EIO-27")]
    public async Task Base64_is_understood_on_every_websocket()
    {
        await using var server = await EngineServer.StartAsync();
        using var socket = await OpenAsync(server);
        await socket.SendTextAsync("bAQIDBA==");
        Assert.That(await socket.ReadBytesAsync(), Is.EqualTo(new byte[] { 1, 2, 3, 4 }));
    }

    [Test]
    [Proves("S-EIO-29")]
    public async Task What_was_sent_before_the_first_poll_is_its_answer()
    {
        var sent = new TaskCompletionSource();
        await using var server = await EngineServer.StartAsync(async (_, receive, send) =>
        {
            await send(EngineIOSend.FromText("first"));
            await send(EngineIOSend.FromPacket("4second"u8.ToArray(), new byte[] { 1 }));
            sent.SetResult();
            await receive();
        });
        var sid = await server.OpenAsync();
        await sent.Task;
        Assert.That(await server.PollAsync(sid), Is.EqualTo("4first\u001e4second\u001ebAQ=="));
    }

    [Test]
    [Proves("S-EIO-30")]
    public async Task A_message_in_fragments_is_one_packet()
    {
        await using var server = await EngineServer.StartAsync();
        using var socket = await OpenAsync(server);
        await socket.SendAsync("4he"u8.ToArray(), WebSocketMessageType.Text, false, CancellationToken.None);
        await socket.SendAsync("llo"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4hello"));
    }

    [Test]
    [Proves("S-EIO-76")]
    public async Task An_answer_may_be_longer_than_what_a_client_may_send()
    {
        await using var server = await EngineServer.StartAsync(options: options => options.MaxPayload = 1000);
        var sid = await server.OpenAsync();
        var message = $"4{new string('x', 900)}";
        for (var i = 0; i < 4; i++)
        {
            await server.SendAsync(sid, message);
        }

        Assert.That(await ReadAllAsync(server, sid, 4), Is.EqualTo(string.Join('\u001e', Enumerable.Repeat(message, 4))));
    }

    private static async Task<ClientWebSocket> OpenAsync(EngineServer server, string query = EngineServer.WebSocket)
    {
        var socket = await server.ConnectAsync(query);
        await socket.ReadTextAsync();
        return socket;
    }

    // The echo may be at work still when the poll comes.
    private static async Task<string> ReadAllAsync(EngineServer server, string sid, int packets)
    {
        var all = await server.PollAsync(sid);
        while (all.Split('\u001e').Length < packets)
        {
            all += $"\u001e{await server.PollAsync(sid)}";
        }

        return all;
    }

    /// <summary>A body that comes octet by octet, without a length.</summary>
    private sealed class Drops(byte[] octets) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            foreach (var octet in octets)
            {
                await stream.WriteAsync(new[] { octet });
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
