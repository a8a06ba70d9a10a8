using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>What clients make the server hold comes out of the server's one pot, whatever holds it here.</summary>
public sealed class HeldMemoryTests
{
    private const int Most = 4_000_000;

    // Counted, and so little beside the pot that it ends after the largest, however long it is held.
    private static readonly string Little = new('x', 20_000);

    [Test]
    [Proves("FG-1")]
    public async Task Where_posts_hold_too_much_the_largest_ends_and_the_others_do_not()
    {
        await using var server = await StartAsync();
        var (little, much) = (await server.OpenAsync(), await server.OpenAsync());
        using var polite = await BeginPostAsync(server, little, Little.Length + 2);
        await polite.SendAsync(Encoding.ASCII.GetBytes($"4{Little}"));
        using var greedy = await BeginPostAsync(server, much, 2 * Most);
        var flood = FloodAsync(greedy, 2 * Most - 1);

        Assert.That(await AnswerAsync(greedy), Does.StartWith("HTTP/1.1 503 "));
        await flood;
        await server.ExpectClosedAsync(much);
        await polite.SendAsync("."u8.ToArray());
        Assert.That(await AnswerAsync(polite), Does.StartWith("HTTP/1.1 200 "));
        Assert.That(await server.PollAsync(little), Is.EqualTo($"4{Little}."));
    }

    private static Task<EngineServer> StartAsync(Application? inner = null) => EngineServer.StartAsync(
        inner,
        options => options.MaxPayload = 3 * Most,
        builder => builder.Set("Channels:Server:MaxHeldBytes", Most.ToString(CultureInfo.InvariantCulture)));

    private static async Task<Socket> BeginPostAsync(EngineServer server, string sid, int length)
    {
        var socket = await server.Live.OpenSocketAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {EngineServer.Path($"{EngineServer.Polling}&sid={sid}")} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"));
        return socket;
    }

    private static async Task FloodAsync(Socket socket, int bytes)
    {
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(new string('4', bytes)));
        }
        catch (SocketException)
        {
            // The server has had enough.
        }
    }

    private static async Task<string> AnswerAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(Eventually.Patience);
        return await RawHttp.ReadAsync(socket, "\r\n\r\n", limit.Token);
    }
}
