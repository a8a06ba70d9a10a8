using System.IO.Compression;
using System.Net;
using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>What stands around the packets of a poll.</summary>
public sealed class AnswerTests
{
    private static readonly string Long = new('x', 1023);

    [Test]
    [Proves("S-EIO-73")]
    public async Task Only_the_handshake_sets_the_cookie()
    {
        await using var server = await EngineServer.StartAsync(options: options => options.Cookie = new() { Name = "affinity", Path = "/chat", SameSite = "Strict", Secure = true });
        using var handshake = await server.Http.GetAsync(EngineServer.Path(EngineServer.Polling));
        var sid = EngineServer.Handshake(await handshake.Content.ReadAsStringAsync()).GetProperty("sid").GetString()!;
        Assert.That(handshake.Headers.GetValues("set-cookie"), Is.EqualTo(new[] { $"affinity={sid}; Path=/chat; HttpOnly; Secure; SameSite=Strict" }));
        using var post = await server.PostAsync(sid, "4hello");
        using var poll = await server.GetAsync(sid);
        Assert.That((post.Headers.Contains("set-cookie"), poll.Headers.Contains("set-cookie")), Is.EqualTo((false, false)));
    }

    [Test]
    [Proves("S-EIO-73")]
    public async Task The_cookie_of_the_reference_is_the_default_one()
    {
        await using var server = await EngineServer.StartAsync(options: options => options.Cookie = new());
        using var handshake = await server.Http.GetAsync(EngineServer.Path(EngineServer.Polling));
        var sid = EngineServer.Handshake(await handshake.Content.ReadAsStringAsync()).GetProperty("sid").GetString()!;
        Assert.That(handshake.Headers.GetValues("set-cookie"), Is.EqualTo(new[] { $"io={sid}; Path=/; HttpOnly; SameSite=Lax" }));
    }

    [TestCase("gzip, deflate, br", "gzip")]
    [TestCase("deflate", "deflate")]
    [TestCase("GZIP;q=0, deflate;q=0.5", "deflate")]
    [TestCase("gzip;q=0", null)]
    [TestCase("br", null)]
    [TestCase(null, null)]
    [Proves("S-EIO-74")]
    public async Task Long_answers_are_compressed_as_the_client_accepts(string? accept, string? encoding)
    {
        await using var server = await EngineServer.StartAsync();
        using var answer = await PollAsync(server, Long, accept);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Multiple(() =>
        {
            Assert.That(answer.Content.Headers.ContentEncoding, Is.EqualTo(encoding is null ? [] : new[] { encoding }));
            Assert.That(answer.Headers.Vary, Is.EqualTo(new[] { "Accept-Encoding" }));
            Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(bytes.Length));
            Assert.That(Decode(bytes, encoding), Is.EqualTo($"4{Long}"));
        });
    }

    [Test]
    [Proves("S-EIO-74")]
    public async Task Short_answers_are_not_compressed()
    {
        await using var server = await EngineServer.StartAsync();
        using var answer = await PollAsync(server, Long[1..], "gzip");
        Assert.That((answer.Content.Headers.ContentEncoding.Count, await answer.Content.ReadAsStringAsync()), Is.EqualTo((0, $"4{Long[1..]}")));
    }

    [TestCase(true)]
    [TestCase(false)]
    [Proves("S-EIO-74")]
    public async Task Compression_can_be_left_out(bool byOption)
    {
        var messages = new TaskCompletionSource<Send>();
        await using var server = await EngineServer.StartAsync(
            async (_, receive, send) =>
            {
                await send(EngineIOSend.FromText(Long) with { Compress = byOption });
                await receive();
            },
            options => options.Compression = !byOption);
        var sid = await server.OpenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, EngineServer.Path($"{EngineServer.Polling}&sid={sid}")) { Headers = { { "accept-encoding", "gzip" } } };
        using var answer = await server.Http.SendAsync(request);
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo($"4{Long}"));
    }

    [Test]
    public async Task Errors_are_not_kept_by_caches()
    {
        await using var server = await EngineServer.StartAsync();
        using var answer = await server.GetAsync("nobody");
        Assert.That(answer.Headers.CacheControl?.NoStore, Is.True);
    }

    private static async Task<HttpResponseMessage> PollAsync(EngineServer server, string message, string? accept)
    {
        var sid = await server.OpenAsync();
        await server.SendAsync(sid, $"4{message}");
        using var request = new HttpRequestMessage(HttpMethod.Get, EngineServer.Path($"{EngineServer.Polling}&sid={sid}"));
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("accept-encoding", accept);
        }

        return await server.Http.SendAsync(request);
    }

    private static string Decode(byte[] bytes, string? encoding)
    {
        using var source = new MemoryStream(bytes);
        using Stream plain = encoding switch
        {
            "gzip" => new GZipStream(source, CompressionMode.Decompress),
            "deflate" => new ZLibStream(source, CompressionMode.Decompress),
            _ => source,
        };
        using var reader = new StreamReader(plain);
        return reader.ReadToEnd();
    }
}
