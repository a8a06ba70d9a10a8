using System.Security.Claims;
using Channels.Testing;

namespace Channels.Tests.Consumers;

/// <summary>What trusted code does to a connection: close it by message or at a time, change what is known about its user.</summary>
public sealed partial class ConnectionControlTests
{
    private readonly RecordingLayer _layer = new();
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Journal _journal = new();

    [Test]
    public async Task A_close_message_closes_the_socket_with_its_code_and_reason()
    {
        await using var socket = Socket();
        await socket.ConnectAsync();
        _layer.Post(_layer.Opened[0], ChannelMessage.CloseConnection(4003, "logged out"));
        Assert.That(await socket.ReceiveCloseAsync(), Is.EqualTo(new WebSocketClose(4003, "logged out")));
        await socket.WaitAsync();
        Assert.That(_journal.Entries, Is.EqualTo(["disconnect 4003"]));
    }

    [Test]
    public async Task A_close_message_ends_an_event_stream()
    {
        await using var request = Communicator.Http(Consumer.Of<Feed>(), "GET", "/").WithScope(WithServices);
        await request.ReceiveStartAsync();
        await request.ReceiveBodyAsync();
        _layer.Post(_layer.Opened[0], ChannelMessage.CloseConnection());
        Assert.That(System.Text.Encoding.ASCII.GetString((await request.ReceiveBodyAsync()).Body.Span), Does.StartWith("retry: "), "when to come back");
        Assert.That((await request.ReceiveBodyAsync()).MoreBody, Is.False);
        await request.WaitAsync();
    }

    [TestCase("connection.close")]
    [TestCase("connection.anything")]
    public void No_text_of_a_peer_becomes_a_message_to_the_connection(string type) =>
        Assert.That(() => new ChannelMessage(type, new MessageMap { ["code"] = 4000 }), Throws.ArgumentException.With.Message.Contains("connection."));

    [TestCase(1005)]
    [TestCase(99)]
    [TestCase(5000)]
    public async Task A_close_message_that_no_server_may_send_is_dropped(int code)
    {
        await using var socket = Socket();
        await socket.ConnectAsync();
        _layer.Post(_layer.Opened[0], ChannelMessage.CloseConnection(code));
        await socket.SendTextAsync("still here");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("still here"));
    }

    [TestCase("connection.close", "code")]
    [TestCase("connection.renew", "expires")]
    public async Task A_number_of_another_process_that_is_out_of_all_bounds_is_dropped(string type, string field)
    {
        await using var socket = Socket();
        await socket.ConnectAsync();
        _layer.Post(_layer.Opened[0], new ChannelMessage(type, new MessageMap { [field] = MessageValue.FromUInt64(ulong.MaxValue) }, trusted: true));
        await socket.SendTextAsync("still here");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("still here"));
    }

    [Test]
    public async Task A_connection_closes_at_its_time_and_not_before()
    {
        await using var socket = Socket();
        await socket.ConnectAsync();
        await socket.SendTextAsync("until 10");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("until 10"));
        await _time.WaitForTimersAsync();
        _time.Advance(TimeSpan.FromSeconds(9));
        await socket.SendTextAsync("until 20"); // prolonged
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("until 20"));
        await Support.Eventually.Is(() => _time.ActiveTimers == 1, text: "the former time is called off");
        _time.Advance(TimeSpan.FromSeconds(10));
        await socket.SendTextAsync("still here");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("still here"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await socket.ReceiveCloseAsync(), Is.EqualTo(new WebSocketClose(4001, "expired")));
    }

    [Test]
    public async Task A_time_that_is_called_off_never_comes()
    {
        await using var socket = Socket();
        await socket.ConnectAsync();
        await socket.SendTextAsync("until 10");
        await socket.ReceiveTextAsync();
        await socket.SendTextAsync("until never");
        await socket.ReceiveTextAsync();
        await Support.Eventually.Is(() => _time.ActiveTimers == 0, text: "it is called off");
        await socket.DisconnectAsync();
    }

    [Test]
    public async Task After_a_login_the_scope_shows_the_user()
    {
        await using var socket = Socket();
        await socket.ConnectAsync();
        await socket.SendTextAsync("who");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("nobody"));
        await socket.SendTextAsync("login");
        await socket.SendTextAsync("who");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("ann"));
    }

    [Test]
    public async Task A_scope_of_another_connection_is_refused()
    {
        await using var socket = Socket();
        await socket.ConnectAsync();
        await socket.SendTextAsync("foreign");
        Assert.That(async () => await socket.WaitAsync(), Throws.ArgumentException.With.Message.Contains("with {"));
    }

    private Scope WithServices(Scope scope) => scope with { Services = new OneService(_layer, _time, _journal) };

    private WebSocketCommunicator Socket() => Communicator.WebSocket(Consumer.Of<Controlled>(_journal), "/").WithScope(WithServices);

    public sealed class Controlled(Journal journal) : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text)
        {
            switch (text)
            {
                case "who":
                    return SendTextAsync(Scope.User?.Identity?.Name ?? "nobody");
                case "login":
                    ReplaceScope(Scope with { User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ann")], "test")) });
                    return ValueTask.CompletedTask;
                case "foreign":
                    ReplaceScope(new WebSocketScope { Path = "/" });
                    return ValueTask.CompletedTask;
                case "until never":
                    CloseAt(null);
                    break;
                case ['u', 'n', 't', 'i', 'l', ' ', .. var seconds]:
                    CloseAt(new DateTimeOffset(2030, 1, 1, 0, 0, int.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero), 4001, "expired");
                    break;
            }

            return SendTextAsync(text);
        }

        protected override ValueTask OnDisconnectAsync(WebSocketDisconnect disconnect)
        {
            journal.Add($"disconnect {disconnect.Code}");
            return ValueTask.CompletedTask;
        }
    }

    public sealed class Feed : ServerSentEventsConsumer;
}
