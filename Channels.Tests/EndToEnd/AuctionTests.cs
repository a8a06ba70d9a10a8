using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;
using NUnit.Framework.Interfaces;

namespace Channels.Tests.EndToEnd;

public sealed class AuctionTests
{
    private const string Over = "The auction is over.";
    private static SampleProcess s_server = null!; // set before the first test

    [OneTimeSetUp]
    public static async Task StartAsync() => s_server = await SampleProcess.StartAsync("Auction");

    [OneTimeTearDown]
    public static async Task StopAsync()
    {
        if (s_server is not null) // null when it has not started
        {
            await s_server.DisposeAsync();
        }
    }

    // What happens seldom is understood by what the process says, and it is gone when the run is over.
    [TearDown]
    public static Task TellAsync() => TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed
        ? TestContext.Progress.WriteLineAsync($"The house said:\n{s_server.Output}")
        : Task.CompletedTask;

    [Test]
    public async Task Bids_rise_and_are_seen_by_all_who_watch()
    {
        using var http = new HttpClient { BaseAddress = s_server.Url };
        var id = await OpenAsync(http, seconds: 600);
        using var first = await WatchAsync(s_server, id);
        using var second = await WatchAsync(s_server, id);
        Assert.That((await first.ReceiveAsync()).GetProperty("leader").ValueKind, Is.EqualTo(JsonValueKind.Null));
        await second.ReceiveAsync();

        Assert.That(await BidAsync(http, id, "Ann", 10), Is.EqualTo((HttpStatusCode.Conflict, "A bid must be above 10.")));
        Assert.That((await BidAsync(http, id, "Ann", 11)).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await BidAsync(http, id, "Bob", 12)).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(await BidAsync(http, id, "Ann", 12), Is.EqualTo((HttpStatusCode.Conflict, "A bid must be above 12.")));
        foreach (var socket in new[] { first, second })
        {
            Assert.That(Leader(await socket.ReceiveAsync()), Is.EqualTo(("Ann", 11, 2)));
            Assert.That(Leader(await socket.ReceiveAsync()), Is.EqualTo(("Bob", 12, 3)));
        }

        using var page = await http.GetAsync($"/auctions/{id}");
        Assert.That(page.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/html"));
    }

    [Test]
    public async Task An_auction_closes_at_its_time_also_without_bids()
    {
        using var http = new HttpClient { BaseAddress = s_server.Url };
        var id = await OpenAsync(http, seconds: 1);
        using (var socket = await WatchAsync(s_server, id))
        {
            Assert.That(Leader(await ClosedAsync(socket)), Is.EqualTo(((string?)null, 10, 2)));
        }

        using var late = await WatchAsync(s_server, id);
        Assert.That((await late.ReceiveAsync()).GetProperty("closed").GetBoolean(), Is.True);
        Assert.That(await BidAsync(http, id, "Late", 100), Is.EqualTo((HttpStatusCode.Conflict, Over)));
    }

    [TestCase("auctions", """{"title":"","price":1,"seconds":1}""", "A title has 1 to 80 characters.")]
    [TestCase("auctions", """{"title":"x","price":-1,"seconds":1}""", "A price is between 0 and a billion.")]
    [TestCase("auctions", """{"title":"x","price":1,"seconds":0}""", "An auction lasts between a second and a week.")]
    [TestCase("auctions/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa/bids", """{"name":"","amount":1}""", "A name has 1 to 40 characters.")]
    [TestCase("auctions/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa/bids", """{"name":"Ann","amount":1000000001}""", "A bid is at most a billion.")]
    public async Task Wrong_offers_and_bids_are_refused_with_the_reason(string address, string body, string reason)
    {
        using var http = new HttpClient { BaseAddress = s_server.Url };
        using var answer = await http.PostAsync(address, new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain(reason));
    }

    [Test]
    [Proves("FG-16")]
    public async Task Who_opens_too_many_is_told_so_and_takes_the_house_from_nobody()
    {
        await using var house = await SampleProcess.StartAsync("Auction");
        using var http = new HttpClient { BaseAddress = house.Url };
        var id = Guid.Empty;
        for (var i = 0; i < 20; i++)
        {
            id = await OpenAsync(http, seconds: 604_800);
        }

        using var answer = await http.PostAsJsonAsync("/auctions", new { title = "One more", price = 10, seconds = 1 });
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("as many auctions as one may have"));
        Assert.That((await BidAsync(http, id, "Ann", 11)).Status, Is.EqualTo(HttpStatusCode.Created), "to bid takes no place");
    }

    [Test]
    public async Task What_does_not_exist_can_be_neither_watched_nor_bidden_for()
    {
        using var http = new HttpClient { BaseAddress = s_server.Url };
        Assert.That(await BidAsync(http, Guid.NewGuid(), "Ann", 1), Is.EqualTo((HttpStatusCode.NotFound, "There is no such auction.")));
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        Assert.That(async () => await socket.ConnectAsync(s_server.WebSocketUrl($"/ws/auctions/{Guid.NewGuid()}/"), default), Throws.TypeOf<WebSocketException>());
        Assert.That(socket.HttpStatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        using var list = await http.GetAsync("/auctions");
        Assert.That(list.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
    }

    [TestCase("redis", "{0},password=secret")]
    [TestCase("redis-pubsub", "redis://:secret@{0}/1")]
    public async Task Two_processes_are_one_house_that_closes_each_auction_once_and_outlives_one_of_them(string layout, string address)
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.CommandAsync("CONFIG", "SET", "requirepass", "secret");
        var layer = RedisOptions.Arguments(layout, string.Format(CultureInfo.InvariantCulture, address, redis.Address));
        await using var one = await SampleProcess.StartAsync("Auction", layer);
        await using var two = await SampleProcess.StartAsync("Auction", layer);
        using var first = new HttpClient { BaseAddress = one.Url };
        using var second = new HttpClient { BaseAddress = two.Url };

        // As many bids at once as both processes take: each is above all that were taken before it. For a machine that is too busy for
        // that the next auction is longer.
        var (id, taken, watcher) = (Guid.Empty, 0, (JsonSocket?)null);
        List<int> versions = [];
        for (var seconds = 6; watcher is null; seconds *= 4)
        {
            id = await OpenAsync(first, seconds);
            watcher = await WatchAsync(two, id);
            var beginning = await watcher.ReceiveAsync();
            var bids = await Task.WhenAll(Enumerable.Range(11, 20).Select(amount => BidAsync(amount % 2 == 0 ? first : second, id, $"Bidder {amount}", amount)));
            taken = bids.Count(bid => bid.Status == HttpStatusCode.Created);
            var isOver = beginning.GetProperty("closed").GetBoolean() || bids.Any(bid => bid.Problem == Over);
            Assert.That(isOver || Leader(beginning) == ((string?)null, 10, 1), Is.True, $"{beginning}");
            for (versions = []; versions.Count < taken && !isOver;)
            {
                var state = await watcher.ReceiveAsync();
                versions.Add(Leader(state).Version);
                isOver = state.GetProperty("closed").GetBoolean();
            }

            if (isOver)
            {
                watcher.Dispose();
                watcher = null;
            }
        }

        using var watching = watcher;
        Assert.That(versions.Order(), Is.EqualTo(Enumerable.Range(2, taken)));

        await one.KillAsync();
        Assert.That(Leader(await ClosedAsync(watcher)), Is.EqualTo(("Bidder 30", 30, taken + 2)), "closed once, with all bids");
        Assert.That(await BidAsync(second, id, "Late", 100), Is.EqualTo((HttpStatusCode.Conflict, Over)));
    }

    [Test]
    public async Task The_page_opens_an_auction_bids_and_shows_who_has_won()
    {
        ExternalTools.Require("npm:playwright-core");
        var chromium = ExternalTools.Require("chromium");
        await NodeScript.RunAsync("auction.js", chromium, $"{s_server.Url}");
    }

    [Test]
    public void The_sample_is_as_short_as_it_promises()
    {
        var lines = Directory.GetFiles(Repository.PathOf("samples", "Auction"), "*.cs").Sum(file => File.ReadAllLines(file).Length);
        Assert.That(lines, Is.InRange(100, 340));
    }

    private static async Task<Guid> OpenAsync(HttpClient http, int seconds)
    {
        using var answer = await http.PostAsJsonAsync("/auctions", new { title = "A lamp", price = 10, seconds });
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        var id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        Assert.That(answer.Headers.Location, Is.EqualTo(new Uri($"/auctions/{id}", UriKind.Relative)));
        return id;
    }

    private static async Task<(HttpStatusCode Status, string? Problem)> BidAsync(HttpClient http, Guid id, string name, int amount)
    {
        using var answer = await http.PostAsJsonAsync($"/auctions/{id}/bids", new { name, amount });
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (answer.StatusCode, body.TryGetProperty("detail", out var detail) ? detail.GetString() : null);
    }

    private static Task<JsonSocket> WatchAsync(SampleProcess server, Guid id) => JsonSocket.ConnectAsync(server.WebSocketUrl($"/ws/auctions/{id}/"));

    private static async Task<JsonElement> ClosedAsync(JsonSocket socket)
    {
        while (true)
        {
            var state = await socket.ReceiveAsync();
            if (state.GetProperty("closed").GetBoolean())
            {
                return state;
            }
        }
    }

    private static (string? Leader, int Price, int Version) Leader(JsonElement auction) =>
        (auction.GetProperty("leader").GetString(), auction.GetProperty("price").GetInt32(), auction.GetProperty("version").GetInt32());
}
