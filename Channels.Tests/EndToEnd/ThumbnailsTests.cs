using System.Net;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;
using SkiaSharp;

namespace Channels.Tests.EndToEnd;

public sealed class ThumbnailsTests
{
    private static SampleProcess s_server = null!; // set before the first test

    [OneTimeSetUp]
    public static async Task StartAsync() => s_server = await SampleProcess.StartAsync("Thumbnails");

    [OneTimeTearDown]
    public static async Task StopAsync()
    {
        if (s_server is not null) // null when it has not started
        {
            await s_server.DisposeAsync();
        }
    }

    [Test]
    public async Task A_picture_sent_over_http_comes_back_as_four_thumbnails_of_its_kind_over_the_socket()
    {
        await AssertThumbnailsAsync(s_server);
        await AssertThumbnailsAsync(s_server, SKEncodedImageFormat.Jpeg, "image/jpeg");
        await AssertThumbnailsAsync(s_server, SKEncodedImageFormat.Webp, "image/webp");
    }

    [Test]
    public async Task Server_worker_and_redis_share_the_work()
    {
        await using var redis = await RedisServer.StartAsync();
        var layer = RedisOptions.Arguments("redis", redis.Address);
        await using var server = await SampleProcess.StartAsync("Thumbnails", layer);
        await using var worker = await SampleProcess.StartAsync("Thumbnails", ["worker", "thumbnails-generate", "thumbnails-delete", .. layer]);
        await AssertThumbnailsAsync(server);
        Assert.That(await worker.TerminateAsync(), Is.Zero, worker.Output);
    }

    [Test]
    public async Task A_wrong_picture_is_reported_and_the_worker_goes_on()
    {
        using var http = new HttpClient { BaseAddress = s_server.Url };
        using (var socket = await JsonSocket.ConnectAsync(s_server.WebSocketUrl("/ws/pictures/wrong/")))
        {
            await http.PostAsync("/pictures/wrong", new ByteArrayContent(TestPicture.Png(600, 300)[..200]));
            Assert.That((await socket.ReceiveAsync("state", "failed")).GetProperty("error").GetString(), Is.Not.Empty);
        }

        await AssertThumbnailsAsync(s_server);
    }

    [Test]
    public async Task Other_methods_wrong_and_large_pictures_are_refused()
    {
        using var http = new HttpClient { BaseAddress = s_server.Url };
        Assert.That((await http.PostAsync("/pictures/x", new ByteArrayContent("no picture at all"u8.ToArray()))).StatusCode, Is.EqualTo(HttpStatusCode.UnsupportedMediaType));
        Assert.That((await http.PostAsync($"/pictures/{new string('x', 81)}", new ByteArrayContent(TestPicture.Png(60, 30)))).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        var broken = await http.PostAsync("/pictures/x", new ByteArrayContent(TestPicture.Png(600, 300)[..20]));
        Assert.That((broken.StatusCode, await broken.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.UnprocessableEntity, "The picture's header is broken.")));
        var bomb = await http.PostAsync("/pictures/x", new ByteArrayContent(TestPicture.Bomb()));
        Assert.That(bomb.StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That(await bomb.Content.ReadAsStringAsync(), Does.Contain("8192 × 8192").And.Contain("at most"));
        Assert.That((await http.GetAsync("/pictures/x")).StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        Assert.That((await http.PostAsync("/pictures/x", new ByteArrayContent(new byte[5_000_000]))).StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [TestCase("Origin", "http://elsewhere.example")]
    [TestCase("Origin", "null")]
    [TestCase("Sec-Fetch-Site", "cross-site")]
    [TestCase("Sec-Fetch-Site", "same-site")]
    [Proves("FG-16")]
    public async Task A_page_from_elsewhere_can_send_nothing(string header, string value)
    {
        using var http = new HttpClient { BaseAddress = s_server.Url };
        using var foreign = new HttpRequestMessage(HttpMethod.Post, "/pictures/x") { Content = new ByteArrayContent(TestPicture.Png(60, 30)), Headers = { { header, value } } };
        Assert.That((await http.SendAsync(foreign)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));

        using var own = new HttpRequestMessage(HttpMethod.Post, "/pictures/x") { Content = new ByteArrayContent(TestPicture.Png(60, 30)) };
        own.Headers.Add("Origin", s_server.Url.GetLeftPart(UriPartial.Authority));
        own.Headers.Add("Sec-Fetch-Site", "same-origin");
        Assert.That((await http.SendAsync(own)).StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }

    [Test]
    public async Task The_page_draws_a_picture_and_shows_its_thumbnails()
    {
        ExternalTools.Require("npm:playwright-core");
        var chromium = ExternalTools.Require("chromium");
        await NodeScript.RunAsync("thumbnails.js", chromium, $"{s_server.Url}");
    }

    private static async Task AssertThumbnailsAsync(SampleProcess server, SKEncodedImageFormat format = SKEncodedImageFormat.Png, string contentType = "image/png")
    {
        var name = $"{Guid.NewGuid():N}";
        using var http = new HttpClient { BaseAddress = server.Url };
        using var socket = await JsonSocket.ConnectAsync(server.WebSocketUrl($"/ws/pictures/{name}/"));
        var answer = await http.PostAsync($"/pictures/{name}", new ByteArrayContent(TestPicture.Make(600, 300, format)));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted), server.Output);
        foreach (var size in new[] { 32, 64, 128, 256 })
        {
            var done = await socket.ReceiveAsync("state", "done");
            using var thumbnail = SKBitmap.Decode(done.GetProperty("file").GetBytesFromBase64());
            Assert.That((done.GetProperty("size").GetInt32(), thumbnail.Width, thumbnail.Height), Is.EqualTo((size, size, size / 2)));
            Assert.That(done.GetProperty("contentType").GetString(), Is.EqualTo(contentType));
        }

        await http.DeleteAsync($"/pictures/{name}");
        await socket.ReceiveAsync("state", "deleted");
    }
}
