using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Channels.Kestrel;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Sockets;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Engine;

/// <summary>What clients make the server hold comes out of the server's one pot, whatever holds it here.</summary>
public sealed class HeldMemoryTests
{
    private const int Most = 4_000_000;

    // Counted, and so little beside the pot that it ends after the largest, however long it is held.
    private static readonly string Little = new('x', 20_000);
    private static readonly string Part = new('x', 99_000);

    private readonly SessionWatch _watch = new();

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

    [Test]
    [Proves("FG-1")]
    public async Task Where_too_much_waits_for_polls_the_session_with_most_of_it_ends_and_the_others_do_not()
    {
        await using var server = await StartAsync(_watch.RunAsync);
        var little = await OpenAsync(server);
        little.Outbound.TrySend([EngineIOSend.FromText(Little)]);
        var much = await OpenAsync(server);
        Fill(much, Most);

        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("forced close"));
        Assert.That(await server.PollAsync(much.Id), Is.EqualTo("1"));
        Assert.That(await server.PollAsync(little.Id), Is.EqualTo($"4{Little}"));
    }

    [Test]
    [Proves("FG-1")]
    public async Task The_answer_to_a_poll_is_held_until_the_client_has_taken_it()
    {
        await using var server = await StartAsync(_watch.RunAsync, 6 * Most);
        var much = await OpenAsync(server);
        Fill(much, 4 * Most); // more than sockets hold
        using var poll = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await poll.ConnectAsync(IPAddress.Loopback, server.Live.Port);
        await poll.SendAsync(Encoding.ASCII.GetBytes($"GET {EngineServer.Path($"{EngineServer.Polling}&sid={much.Id}")} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        Assert.That(await AnswerAsync(poll), Does.StartWith("HTTP/1.1 200 "));
        var less = await OpenAsync(server);
        Fill(less, 3 * Most);

        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport error"));
        Assert.That((much.IsOpen, less.IsOpen), Is.EqualTo((false, true)));
    }

    [Test]
    [Proves("FG-1")]
    public async Task Where_applications_take_nothing_the_session_for_which_most_waits_ends_and_the_others_do_not()
    {
        var end = new TaskCompletionSource<Event>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async (scope, receive, _) =>
        {
            await new TaskCompletionSource().Task.WaitAsync(scope.Aborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            end.TrySetResult(await receive());
        });
        var (little, littleSession) = await server.OpenSocketAsync();
        var (much, _) = await server.OpenSocketAsync();
        using (little)
        using (much)
        {
            await little.SendTextAsync($"4{Little}");
            await FloodAsync(much, $"4{Part}");

            Assert.That(await end.Task.WaitAsync(Eventually.Patience), Is.EqualTo(new EngineIODisconnect("forced close")), "what waited is gone");
            Assert.That(littleSession.IsOpen);
        }
    }

    [Test]
    [Proves("FG-1")]
    public async Task A_small_message_keeps_nothing_of_the_large_body_that_it_came_in()
    {
        var filler = new string('x', 500_000);
        var taken = new TaskCompletionSource<Event>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async (_, receive, _) => taken.TrySetResult(await receive()));
        var sid = await server.OpenAsync();
        await server.SendAsync(sid, $"4little\u001e6{filler}");

        var message = (EngineIOMessage)await taken.Task.WaitAsync(Eventually.Patience);
        Assert.That(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(message.Payload, out var kept));
        Assert.That(kept.Array, Has.Length.EqualTo("little".Length));
    }

    [TestCase(false)]
    [TestCase(true)]
    [Proves("FG-1")]
    public async Task What_waits_for_a_websocket_is_held_by_it_also_when_its_session_has_ended(bool ended)
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously); // middleware that keeps messages back
        await using var server = await StartAsync(_watch.RunAsync, around: inner => (scope, receive, send) => inner(scope, receive, async (message, token) =>
        {
            await (message is WebSocketSend { Payload.Length: > 1000 } ? open.Task : Task.CompletedTask);
            await send(message, token);
        }));
        var (socket, much) = await server.OpenSocketAsync();
        using (socket)
        {
            Fill(much, Most / 4 * 3);
            if (ended)
            {
                much.Fail(DisconnectReason.ParseError, "the test");
                Assert.That(await _watch.ReasonAsync(), Is.EqualTo("parse error"));
            }

            var less = await OpenAsync(server);
            Fill(less, Most / 2);

            await socket.ReceiveAsync(new ArraySegment<byte>(new byte[1000]), default).WaitAsync(Eventually.Patience);
            Assert.That((int?)socket.CloseStatus, Is.EqualTo(1013));
            await Eventually.Is(() => !much.IsOpen);
            Assert.That(less.IsOpen);
            open.SetResult();
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    [Proves("FG-1")]
    public async Task What_waits_in_namespaces_and_what_has_not_come_whole_is_held_by_the_session(bool whole)
    {
        var journal = new Journal();
        await using var services = TestServices.Create(services => services.AddSingleton(journal).AddChannels());
        var sockets = new SocketIOServer(new() { MaxPacketBytes = 3 * Most, MaxAttachments = 64, Engine = { MaxInboundBytes = 3 * Most } }) { { "/", Consumer.Of<MainNamespace>() } };
        sockets.Prepare(services);
        await using var server = await StartAsync(sockets.ServeSessionAsync, host: host => host.Services.AddSingleton(journal));
        var (socket, session) = await server.OpenSocketAsync();
        using (socket)
        {
            await socket.SendTextAsync("40");
            await socket.ReadTextAsync();
            await socket.SendTextAsync("42[\"stay\"]");
            Assert.That(await journal.NextAsync(), Is.EqualTo("stays"));
            if (!whole)
            {
                await socket.SendTextAsync("""4564-["nothing",{"_placeholder":true,"num":0}]""");
            }

            await FloodAsync(socket, whole ? $"42[\"nothing\",\"{Part}\"]" : null);
            await Eventually.Is(() => session.IsShed);
            Assert.That(await journal.NextAsync(), Does.StartWith("left forced close"), "what waited is gone");
        }
    }

    private static Task<EngineServer> StartAsync(
        Application? inner = null, int most = Most, Action<ChannelsHostBuilder>? host = null, Func<Application, Application>? around = null) => EngineServer.StartAsync(
        inner,
        options => (options.MaxPayload, options.MaxInboundBytes, options.MaxOutboundBytes) = (3 * most, 3 * most, 3 * most),
        builder =>
        {
            builder.Set("Channels:Server:MaxHeldBytes", most.ToString(CultureInfo.InvariantCulture));
            host?.Invoke(builder);
        },
        around);

    private async Task<EngineIOSession> OpenAsync(EngineServer server)
    {
        var sid = await server.OpenAsync();
        await Eventually.Is(() => _watch.Scope?.SessionId == sid);
        return _watch.Scope!.Session!;
    }

    private static void Fill(EngineIOSession session, int bytes)
    {
        var message = EngineIOSend.FromText(Part);
        for (var sent = 0; sent <= bytes; sent += message.Length)
        {
            session.Outbound.TrySend([message]);
        }
    }

    private static async Task FloodAsync(ClientWebSocket socket, string? text)
    {
        try
        {
            for (var sent = 0; sent <= Most; sent += Part.Length)
            {
                await (text is null ? socket.SendBytesAsync(new byte[Part.Length]) : socket.SendTextAsync(text));
            }
        }
        catch (WebSocketException)
        {
            // The server has had enough.
        }
    }

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
