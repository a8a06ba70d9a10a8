using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>What the chat sample says over its WebSocket, also to a page that misbehaves. One chat for all, each test in a room of its own.</summary>
public sealed class ChatProtocolTests
{
    private const string AnnsSession = "0123456789abcdef-ann";
    private const string BobsSession = "0123456789abcdef-bob";
    private static SampleProcess s_chat = null!; // set before the first test

    private static string Room => $"room-{TestContext.CurrentContext.Test.ID}";

    [OneTimeSetUp]
    public static async Task StartAsync() => s_chat = await SampleProcess.StartAsync("Chat");

    [OneTimeTearDown]
    public static async Task StopAsync()
    {
        if (s_chat is not null) // null when it has not started
        {
            await s_chat.DisposeAsync();
        }
    }

    [Test]
    public async Task A_newcomer_gets_people_and_history_and_the_others_hear_of_it()
    {
        using var ann = await JoinAsync(s_chat, Room, "Ann", AnnsSession);
        await ann.SendAsync("""{"type":"say","key":"k1","text":"first"}""");
        Assert.That((await ann.ReceiveAsync("message")).GetProperty("text").GetString(), Is.EqualTo("first"));

        using var bob = new Client(s_chat);
        await bob.ConnectAsync($"/ws/chat/{Room.ToUpperInvariant()}/"); // rooms do not care about case
        await bob.SendAsync($$"""{"session":"{{BobsSession}}","name":"  Bob\u0007 ","type":"join"}""");
        var welcome = await bob.ReceiveAsync("welcome");
        Assert.That(welcome.GetProperty("people").EnumerateArray().Select(p => p.GetProperty("name").GetString()), Is.EqualTo(new[] { "Ann", "Bob" }));
        Assert.That(welcome.GetProperty("history").EnumerateArray().Select(m => m.GetProperty("text").GetString()), Is.EqualTo(new[] { "first" }));
        var joined = await ann.ReceiveAsync("joined");
        Assert.That(joined.GetProperty("person").GetProperty("name").GetString(), Is.EqualTo("Bob"));
        Assert.That(Change(joined), Is.GreaterThan(Change(ann.Welcome)), "so that a page knows which is newer, however they arrive");
        Assert.That(Change(welcome), Is.EqualTo(Change(joined)), "the list shows it");
        Assert.That(joined.ToString(), Does.Not.Contain("Ann"), "who was there already is not told again to everybody");
        Assert.That(welcome.ToString(), Does.Not.Contain(BobsSession), "the session is a secret");

        await bob.CloseAsync();
        var left = await ann.ReceiveAsync("left");
        Assert.That(left.GetProperty("person").GetProperty("name").GetString(), Is.EqualTo("Bob"));
        Assert.That(Change(left), Is.GreaterThan(Change(joined)));
        Assert.That(left.GetProperty("epoch").GetString(), Is.EqualTo(welcome.GetProperty("epoch").GetString()));
    }

    [Test]
    public Task A_page_ignores_news_that_newer_ones_have_overtaken() =>
        NodeScript.RunAsync("news.js", Repository.PathOf("samples", "Chat", "wwwroot", "news.js"));

    [Test]
    public async Task A_message_sent_again_after_a_drop_is_said_once()
    {
        using var ann = await JoinAsync(s_chat, Room, "Ann", AnnsSession);
        await ann.SendAsync("""{"type":"say","key":"same","text":"once"}""");
        await ann.SendAsync("""{"type":"say","key":"same","text":"once"}""");
        await ann.ReceiveAsync("message");
        await ann.ReceiveAsync("message"); // the sender alone is told again
        using var bob = await JoinAsync(s_chat, Room, "Bob", BobsSession);
        Assert.That(bob.Welcome.GetProperty("history").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task Two_tabs_of_one_person_are_one_person()
    {
        using var ann = await JoinAsync(s_chat, Room, "Ann", AnnsSession);
        using var firstTab = await JoinAsync(s_chat, Room, "Bob", BobsSession);
        await ann.ReceiveAsync("joined");
        using var secondTab = await JoinAsync(s_chat, Room, "Bob", BobsSession);
        Assert.That(secondTab.Welcome.GetProperty("people").GetArrayLength(), Is.EqualTo(2));
        await firstTab.CloseAsync();
        await secondTab.SendAsync("""{"type":"say","key":"k","text":"still here"}""");
        Assert.That((await ann.ReceiveAsync()).GetProperty("type").GetString(), Is.EqualTo("message"), "neither joined nor left");
        await secondTab.CloseAsync();
        await ann.ReceiveAsync("left");
    }

    [TestCase("""{"type":"say","key":"k","text":"hello"}""", "Join")]
    [TestCase("""{"type":"join","name":"   ","session":"0123456789abcdef"}""", "name")]
    [TestCase("""{"type":"join","name":"Ann","session":"short"}""", "name")]
    [TestCase("""{"text":"no type"}""", "type")]
    public async Task A_page_that_errs_is_told_and_may_go_on(string message, string expected)
    {
        using var ann = new Client(s_chat);
        await ann.ConnectAsync($"/ws/chat/{Room}/");
        await ann.SendAsync(message);
        Assert.That((await ann.ReceiveAsync("problem")).GetProperty("text").GetString(), Does.Contain(expected));
        await ann.SendAsync($$"""{"type":"join","name":"Ann","session":"{{AnnsSession}}"}""");
        await ann.ReceiveAsync("welcome");
    }

    [TestCase("no json", 1007)]
    [TestCase("""{"type":"unknown"}""", 1007)]
    [TestCase("""{"type":"say","key":null,"text":"x"}""", 1007)]
    public async Task What_is_no_message_of_the_chat_closes_the_connection_and_no_other(string message, int code)
    {
        using var bob = await JoinAsync(s_chat, Room, "Bob", BobsSession);
        using var ann = await JoinAsync(s_chat, Room, "Ann", AnnsSession);
        await bob.ReceiveAsync("joined");
        await ann.SendAsync(message);
        Assert.That(await ann.ReceiveCloseCodeAsync(), Is.EqualTo(code));
        await bob.ReceiveAsync("left");
        await bob.SendAsync("""{"type":"say","key":"k","text":"I am still here"}""");
        await bob.ReceiveAsync("message");
    }

    [Test]
    [Proves("FG-16")]
    public async Task Who_says_too_much_at_once_is_told_so_and_nobody_hears_it()
    {
        using var ann = await JoinAsync(s_chat, Room, "Ann", "0123456789abcdef-hasty"); // her pace is hers in every test
        var refused = 0;
        for (var i = 0; i < 60; i++)
        {
            await ann.SendAsync($$"""{"type":"say","key":"k{{i}}","text":"flood"}""");
        }

        for (var i = 0; i < 60; i++)
        {
            var answer = await ann.ReceiveAsync();
            if (answer.GetProperty("type").GetString() == "problem")
            {
                refused++;
                Assert.That(answer.GetProperty("text").GetString(), Does.StartWith("Slowly"));
                Assert.That(answer.GetProperty("key").GetString(), Does.StartWith("k"), "which message it was");
            }
        }

        Assert.That(refused, Is.InRange(1, 40), "twenty at once, then one a second");
    }

    [Test]
    [Proves("FG-16")]
    public async Task More_tabs_and_a_reconnect_make_nobody_faster()
    {
        var start = Stopwatch.GetTimestamp();
        var said = 0;
        for (var tab = 0; tab < 3; tab++)
        {
            using var ann = await JoinAsync(s_chat, $"{Room}-{tab}", "Ann", "0123456789abcdef-tabs");
            for (var i = 0; i < 20; i++)
            {
                await ann.SendAsync($$"""{"type":"say","key":"k{{i}}","text":"flood"}""");
                said += (await ann.ReceiveAsync()).GetProperty("type").GetString() == "message" ? 1 : 0;
            }

            await ann.CloseAsync();
        }

        Assert.That(said, Is.InRange(20, 21 + Stopwatch.GetElapsedTime(start).TotalSeconds), "twenty at once, then one a second");
    }

    [Test]
    public async Task A_text_that_is_too_long_is_refused_by_its_key()
    {
        using var ann = await JoinAsync(s_chat, Room, "Ann", AnnsSession);
        await ann.SendAsync($$"""{"type":"say","key":"long","text":"{{new string('x', 2_001)}}"}""");
        Assert.That((await ann.ReceiveAsync("problem")).GetProperty("key").GetString(), Is.EqualTo("long"));
    }

    [Test]
    [Proves("FG-16")]
    public async Task Rooms_that_somebody_has_opened_and_left_shut_the_door_to_nobody()
    {
        await using var chat = await SampleProcess.StartAsync("Chat");
        await Parallel.ForEachAsync(Enumerable.Range(0, 1_001), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            using var visitor = await JoinAsync(chat, $"room-{i}", "Eve", $"0123456789abcdef-{i}");
            await visitor.CloseAsync();
        });

        using var ann = await JoinAsync(chat, "lobby", "Ann", AnnsSession);
        Assert.That(ann.Welcome.GetProperty("room").GetString(), Is.EqualTo("lobby"));
    }

    [Test]
    public async Task A_room_with_too_long_a_name_is_refused()
    {
        using var ann = new Client(s_chat);
        Assert.That(() => ann.ConnectAsync($"/ws/chat/{new string('x', 41)}/"), Throws.TypeOf<WebSocketException>());
        Assert.That(ann.Status, Is.EqualTo(HttpStatusCode.NotFound));
    }

    private static long Change(JsonElement message) => message.GetProperty("change").GetInt64();

    private static async Task<Client> JoinAsync(SampleProcess chat, string room, string name, string session)
    {
        var client = new Client(chat);
        await client.ConnectAsync($"/ws/chat/{room}/");
        await client.SendAsync($$"""{"type":"join","name":"{{name}}","session":"{{session}}"}""");
        client.Welcome = await client.ReceiveAsync("welcome");
        return client;
    }

    /// <summary>A page without a browser.</summary>
    private sealed class Client(SampleProcess chat) : IDisposable
    {
        private readonly ClientWebSocket _socket = new();

        public JsonElement Welcome { get; set; }

        public HttpStatusCode Status => _socket.HttpStatusCode;

        public Task ConnectAsync(string path)
        {
            _socket.Options.CollectHttpResponseDetails = true;
            return _socket.ConnectAsync(chat.WebSocketUrl(path), default);
        }

        public Task SendAsync(string json) => _socket.SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text, true, default);

        /// <summary>The next message, except the news that one has come oneself.</summary>
        public async Task<JsonElement> ReceiveAsync()
        {
            var message = await ReceiveAnyAsync();
            return message.GetProperty("type").GetString() == "joined" && IsMe(message) ? await ReceiveAnyAsync() : message;
        }

        private bool IsMe(JsonElement joined) =>
            Welcome.ValueKind == JsonValueKind.Object && joined.GetProperty("person").GetProperty("id").GetString() == Welcome.GetProperty("you").GetString();

        private async Task<JsonElement> ReceiveAnyAsync()
        {
            using var limit = new CancellationTokenSource(Eventually.Patience);
            var buffer = new byte[64 * 1024];
            var result = await _socket.ReceiveAsync(buffer, limit.Token);
            Assert.That((result.MessageType, result.EndOfMessage), Is.EqualTo((WebSocketMessageType.Text, true)), $"closed with {_socket.CloseStatus}");
            return JsonSerializer.Deserialize<JsonElement>(buffer.AsSpan(0, result.Count));
        }

        public async Task<JsonElement> ReceiveAsync(string type)
        {
            var message = await ReceiveAsync();
            Assert.That(message.GetProperty("type").GetString(), Is.EqualTo(type), message.ToString());
            return message;
        }

        public async Task<int?> ReceiveCloseCodeAsync()
        {
            using var limit = new CancellationTokenSource(Eventually.Patience);
            WebSocketReceiveResult result;
            do
            {
                result = await _socket.ReceiveAsync(new byte[64 * 1024], limit.Token);
            }
            while (result.MessageType != WebSocketMessageType.Close);
            return (int?)result.CloseStatus;
        }

        public Task CloseAsync() => _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", default);

        public void Dispose() => _socket.Dispose();
    }
}
