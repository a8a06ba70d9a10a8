using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Testing;

public sealed class WebSocketCommunicatorTests
{
    [TestCase("/a%20b/%C3%BC?x=%20y", "/a b/ü", "x=%20y")]
    [TestCase("ws://user:secret@example.com:8000/a%20b/%E2%82%AC?q=1#part", "/a b/€", "q=1")]
    [TestCase("wss://example.com", "/", "")]
    [TestCase("no/slash", "/no/slash", "")]
    [Proves("C-TEST-02")]
    public async Task Only_the_decoded_path_and_the_query_of_a_url_are_kept(string url, string path, string query)
    {
        WebSocketScope? seen = null;
        await using var socket = Communicator.WebSocket(
            async (scope, receive, send) =>
            {
                seen = (WebSocketScope)scope;
                await receive();
                await send(new WebSocketClose());
            },
            url);
        await socket.ConnectAsync();
        Assert.That((seen!.Path, seen.QueryString), Is.EqualTo((path, query)));
    }

    [Test]
    [Proves("C-TEST-03")]
    public async Task A_close_in_place_of_a_message_fails_naming_both_event_types()
    {
        await using var socket = Communicator.WebSocket(Application(new WebSocketAccept(), new WebSocketClose(4001, "no")), "/");
        await socket.ConnectAsync();
        Assert.That(() => socket.ReceiveTextAsync(), Throws.TypeOf<CommunicatorException>()
            .With.Message.Contains("'websocket.send'").And.Message.Contains("'websocket.close' with code 4001"));
    }

    [Test]
    [Proves("C-TEST-10")]
    public async Task A_refusal_tells_the_status_a_client_sees_and_the_code_it_does_not()
    {
        await using var plain = Communicator.WebSocket(Application(new WebSocketClose()), "/");
        var refused = await plain.ConnectAsync();
        Assert.That((refused.Accepted, refused.Status, refused.CloseCode), Is.EqualTo((false, 403, 1000)));

        await using var coded = Communicator.WebSocket(Application(new WebSocketClose(4003, "not you")), "/");
        refused = await coded.ConnectAsync();
        Assert.That((refused.CloseCode, refused.CloseReason), Is.EqualTo((4003, "not you")));
        Assert.That(async () => await coded.SendTextAsync("hello?"), Throws.InvalidOperationException);
    }

    [Test]
    public async Task A_denial_response_is_collected()
    {
        await using var socket = Communicator.WebSocket(
            Application(
                new WebSocketDenialStart(401, new HeaderList { { "www-authenticate", "Bearer" } }),
                new WebSocketDenialBody("log "u8.ToArray(), MoreBody: true),
                new WebSocketDenialBody("in"u8.ToArray())),
            "/");
        var denied = await socket.ConnectAsync();
        Assert.Multiple(() =>
        {
            Assert.That(denied.Accepted, Is.False);
            Assert.That(denied.Status, Is.EqualTo(401));
            Assert.That(denied.BodyText, Is.EqualTo("log in"));
            Assert.That(denied.Headers["WWW-Authenticate"], Is.EqualTo("Bearer"));
            Assert.That(denied.CloseCode, Is.Null);
        });
    }

    [Test]
    public async Task Subprotocols_headers_and_the_user_reach_the_application_and_its_choice_comes_back()
    {
        WebSocketScope? seen = null;
        await using var socket = Communicator.WebSocket(
                async (scope, receive, send) =>
                {
                    seen = (WebSocketScope)scope;
                    await receive();
                    await send(new WebSocketAccept("v2", new HeaderList { { "x-server", "test" } }));
                    await receive();
                },
                "/")
            .WithSubprotocols("v1", "v2").WithHeader("Origin", "http://localhost").WithHeader("host", "example.com").WithUser("ann");
        var connected = await socket.ConnectAsync();
        await socket.DisconnectAsync();
        Assert.Multiple(() =>
        {
            Assert.That(connected.Accepted, Is.True);
            Assert.That(connected.Subprotocol, Is.EqualTo("v2"));
            Assert.That(connected.Headers["x-server"], Is.EqualTo("test"));
            Assert.That(seen!.Subprotocols, Is.EqualTo(new[] { "v1", "v2" }));
            Assert.That(seen.Headers["origin"], Is.EqualTo("http://localhost"));
            Assert.That(seen.Headers.GetValues("host"), Is.EqualTo(new[] { "example.com" }));
            Assert.That(seen.User?.Identity, Has.Property("Name").EqualTo("ann").And.Property("IsAuthenticated").True);
        });
    }

    [Test]
    public async Task Text_binary_and_json_go_both_ways_empty_ones_too()
    {
        await using var socket = Communicator.WebSocket(Echo, "/");
        await socket.ConnectAsync();
        foreach (var text in new[] { "hello", "", "grüße 🚀" })
        {
            await socket.SendTextAsync(text);
            Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo(text));
        }

        await socket.SendBinaryAsync(new byte[] { 0, 255 });
        Assert.That((await socket.ReceiveBinaryAsync()).ToArray(), Is.EqualTo(new byte[] { 0, 255 }));

        await socket.SendJsonAsync(new { userName = "ann", age = 5 });
        Assert.That(await socket.ReceiveJsonAsync<Person>(), Is.EqualTo(new Person("ann", 5)));
        await socket.SendJsonAsync(new Person("bob", 6));
        Assert.That((await socket.ReceiveJsonAsync()).GetProperty("userName").GetString(), Is.EqualTo("bob"));

        await socket.SendTextAsync("{not json");
        Assert.That(() => socket.ReceiveJsonAsync<Person>(), Throws.TypeOf<CommunicatorException>().With.Message.Contains("Person"));
        await socket.SendBinaryAsync(new byte[] { 1 });
        Assert.That(() => socket.ReceiveTextAsync(), Throws.TypeOf<CommunicatorException>().With.Message.Contains("with text").And.Message.Contains("1 bytes"));
    }

    [Test]
    public async Task A_disconnect_reaches_the_application_with_its_code_and_trips_its_token()
    {
        WebSocketDisconnect? seen = null;
        var tripped = new TaskCompletionSource();
        await using var socket = Communicator.WebSocket(
            async (scope, receive, send) =>
            {
                using var registration = scope.Aborted.Register(() => tripped.SetResult());
                await receive();
                await send(new WebSocketAccept());
                seen = await receive() as WebSocketDisconnect;
                await tripped.Task;
                Assert.That(async () => await send(WebSocketSend.FromText("anybody?")), Throws.TypeOf<ConnectionClosedException>());
            },
            "/");
        await socket.ConnectAsync();
        await socket.DisconnectAsync(4000, "bye");
        Assert.That(seen, Is.EqualTo(new WebSocketDisconnect(4000, "bye")));
    }

    [Test]
    public async Task After_the_applications_own_close_its_disconnect_follows_by_itself_and_only_once()
    {
        var last = new List<Event>();
        await using var socket = Communicator.WebSocket(
            async (scope, receive, send) =>
            {
                await receive();
                await send(new WebSocketAccept());
                await send(new WebSocketClose(4002, "enough"));
                last.Add(await receive());
            },
            "/");
        await socket.ConnectAsync();
        Assert.That(await socket.ReceiveCloseAsync(), Is.EqualTo(new WebSocketClose(4002, "enough")));
        await socket.WaitAsync();
        await socket.DisconnectAsync();
        Assert.That(last, Is.EqualTo(new Event[] { new WebSocketDisconnect(4002, "enough") }));
    }

    [Test]
    public async Task A_closed_connection_lets_the_error_of_a_late_send_pass()
    {
        var left = new TaskCompletionSource();
        await using var socket = Communicator.WebSocket(
            async (scope, receive, send) =>
            {
                await receive();
                await send(new WebSocketAccept());
                await left.Task;
                await send(WebSocketSend.FromText("too late")); // throws ConnectionClosedException, which servers tolerate
            },
            "/");
        await socket.ConnectAsync();
        var disconnect = socket.DisconnectAsync();
        left.SetResult();
        await disconnect;
    }

    private static Application Application(params Event[] events) => async (_, receive, send) =>
    {
        await receive();
        foreach (var message in events)
        {
            await send(message);
        }
    };

    private static async Task Echo(Scope scope, Receive receive, Send send)
    {
        await receive();
        await send(new WebSocketAccept());
        while (await receive() is WebSocketReceive message)
        {
            await send(new WebSocketSend(message.Kind, message.Payload));
        }
    }

    private sealed record Person(string UserName, int Age);
}
