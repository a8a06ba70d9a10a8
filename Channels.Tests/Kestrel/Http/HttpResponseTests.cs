using System.Text;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.Http;

/// <summary>Response events on the wire.</summary>
public sealed class HttpResponseTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    [Test]
    [Proves("C-HTTP-15")]
    public async Task Parts_are_concatenated_and_the_last_may_be_empty()
    {
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200));
            await send(new HttpResponseBody("he"u8.ToArray(), MoreBody: true));
            await send(new HttpResponseBody(MoreBody: true));
            await send(new HttpResponseBody("llo"u8.ToArray(), MoreBody: true));
            await send(new HttpResponseBody());
        });

        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("hello"));
    }

    [TestCase(200)]
    [TestCase(201)]
    [TestCase(302)]
    [TestCase(404)]
    [TestCase(418)]
    [TestCase(599)]
    [Proves("C-HTTP-16")]
    public async Task Any_status_passes_through(int status)
    {
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => send.TextAsync("x", status));

        Assert.That(await app.SendRawAsync(Get), Does.StartWith($"HTTP/1.1 {status} "));
    }

    [TestCase(0)]
    [TestCase(100)]
    [TestCase(199)]
    [TestCase(600)]
    [Proves("C-HTTP-13")]
    public async Task A_status_that_is_none_raises_and_the_client_gets_500(int status)
    {
        var (answer, error) = await FailAsync(send => send(new HttpResponseStart(status)).AsTask());

        Assert.That(error, Is.TypeOf<IllegalEventException>().With.Message.Contains(status.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        Assert.That(answer, Does.StartWith("HTTP/1.1 500 ").And.Contain("Internal Server Error"));
    }

    [Test]
    [Proves("C-HTTP-14")]
    public void Headers_that_cannot_be_sent_raise_where_they_are_written()
    {
        Assert.That(() => new HeaderList { { "bad name", "x" } }, Throws.ArgumentException.With.Message.Contains("bad name"));
        Assert.That(() => new HeaderList { { "x-a", "a\r\nSet-Cookie: b" } }, Throws.ArgumentException.With.Message.Contains("x-a"));
    }

    [TestCase(200, "x-name", "\u4e2d", "'x-name'")]
    [TestCase(200, "x-name", "\u00e9", "'x-name'")]
    [TestCase(200, "content-length", "abc", "content-length of 'abc'")]
    [TestCase(204, "content-length", "5", "status 204 has no body")]
    [TestCase(205, "content-length", "5", "status 205 has no body")]
    [Proves("C-HTTP-14", "FA-9")]
    public async Task A_start_that_cannot_be_sent_is_the_applications_error_and_500_to_the_client(int status, string name, string value, string text)
    {
        foreach (var method in new[] { "GET", "HEAD" })
        {
            var (answer, error) = await FailAsync(
                async send =>
                {
                    await send(new HttpResponseStart(status, new HeaderList { { "x-secret", "1" }, { name, value } }));
                    await send(new HttpResponseBody());
                },
                method);

            Assert.That(error, Is.TypeOf<IllegalEventException>().With.Message.Contains(text));
            Assert.That(answer, Does.StartWith("HTTP/1.1 500 ").And.Not.Contain("x-secret").And.Not.Contain("x-name"));
        }
    }

    [TestCase(204, "content-length", "0", null)]
    [TestCase(204, "x-a", "1", null)]
    [TestCase(205, "x-a", "1", "0")]
    [TestCase(304, "content-length", "7", "7")]
    public async Task A_response_without_body_has_the_length_that_its_status_allows_and_the_connection_goes_on(int status, string name, string value, string? length)
    {
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(status, new HeaderList { { name, value } }));
            await send(new HttpResponseBody());
        });

        foreach (var method in new[] { "GET", "HEAD" })
        {
            var answer = await app.SendRawAsync($"{method} / HTTP/1.1\r\nHost: h\r\n\r\n{Get}");
            Assert.That(answer.Split($"HTTP/1.1 {status} ").Length - 1, Is.EqualTo(2), answer);
            Assert.That(answer.Contains($"Content-Length: {length}", StringComparison.Ordinal), Is.EqualTo(length is not null), answer);
        }
    }

    [Test]
    [Proves("C-HTTP-17")]
    public async Task A_body_before_the_start_raises()
    {
        var (answer, error) = await FailAsync(send => send(new HttpResponseBody("x"u8.ToArray())).AsTask());

        Assert.That(error, Is.TypeOf<IllegalEventException>().With.Message.Contains("http.response.start"));
        Assert.That(answer, Does.StartWith("HTTP/1.1 500 "));
    }

    [Test]
    [Proves("C-HTTP-17")]
    public async Task A_second_start_raises_and_names_what_is_legal()
    {
        var (_, error) = await FailAsync(async send =>
        {
            await send(new HttpResponseStart(200));
            await send(new HttpResponseStart(200));
        });

        Assert.That(error, Is.TypeOf<IllegalEventException>().With.Message.Contains("http.response.body"));
    }

    [Test]
    [Proves("C-HTTP-17")]
    public async Task An_event_of_another_protocol_raises()
    {
        var (_, error) = await FailAsync(send => send(new WebSocketAccept()).AsTask());

        Assert.That(error, Is.TypeOf<IllegalEventException>().With.Message.Contains("websocket.accept"));
    }

    [Test]
    [Proves("C-APP-10")]
    public async Task Events_after_the_last_part_raise_and_the_response_stands()
    {
        Exception? error = null;
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            await send.TextAsync("ok");
            error = Assert.CatchAsync(async () => await send(new HttpResponseBody("more"u8.ToArray())));
        });

        Assert.That(await app.SendRawAsync(Get), Does.EndWith("ok"));
        Assert.That(error, Is.TypeOf<IllegalEventException>().With.Message.Contains("complete"));
    }

    [TestCase("", null)]
    [TestCase("channels", "channels")]
    [Proves("C-HTTP-18")]
    public async Task The_configured_server_name_is_added(string configured, string? expected)
    {
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => send.TextAsync("ok"), builder => builder.Set("Channels:Server:ServerHeader", configured));

        using var answer = await app.Http.GetAsync("/");
        Assert.That(answer.Headers.TryGetValues("Server", out var values) ? values.Single() : null, Is.EqualTo(expected));
    }

    [Test]
    [Proves("C-HTTP-18")]
    public async Task The_applications_own_server_name_wins()
    {
        await using var app = await LiveServer.StartFunctionAsync(
            (scope, receive, send) => send.TextAsync("ok", headers: new HeaderList { { "server", "mine" } }),
            builder => builder.Set("Channels:Server:ServerHeader", "channels"));

        Assert.That((await app.Http.GetAsync("/")).Headers.Server.ToString(), Is.EqualTo("mine"));
    }

    [Test]
    [Proves("C-HTTP-19", "FA-8")]
    public async Task What_the_application_says_about_framing_and_connection_is_ignored()
    {
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) =>
            send.TextAsync("hello", headers: new HeaderList { { "transfer-encoding", "gzip, chunked" }, { "connection", "x" }, { "keep-alive", "5" }, { "proxy-connection", "x" } }));

        var answer = await app.SendRawAsync(Get);
        Assert.That(answer, Does.Contain("Content-Length: 5\r\n").And.EndWith("\r\n\r\nhello"));
        Assert.That(answer, Does.Not.Contain("ransfer-").And.Not.Contain("eep-").And.Not.Contain("roxy-"));
    }

    [Test]
    public async Task Repeated_response_headers_stay_apart()
    {
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) =>
            send.TextAsync("ok", headers: new HeaderList { { "set-cookie", "a=1" }, { "set-cookie", "b=2, c" } }));

        var answer = await app.SendRawAsync(Get);
        Assert.That(answer, Does.Contain("Set-Cookie: a=1\r\n").And.Contain("Set-Cookie: b=2, c\r\n"));
    }

    [Test]
    public async Task The_start_is_held_back_so_that_an_error_can_replace_it()
    {
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200, new HeaderList { { "x-secret", "1" } }));
            throw new InvalidOperationException("boom");
        });

        var answer = await app.SendRawAsync(Get);
        Assert.That(answer, Does.StartWith("HTTP/1.1 500 ").And.Not.Contain("secret").And.Not.Contain("boom"));
        Assert.That(answer, Does.Contain("Connection: close\r\n"));
    }

    [Test]
    public async Task A_streamed_part_reaches_the_client_before_the_next_is_sent()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200, new HeaderList { { "content-type", "text/event-stream" } }));
            await send(new HttpResponseBody(MoreBody: true));
            await go.Task;
            await send(new HttpResponseBody("data: 1\n\n"u8.ToArray(), MoreBody: true));
            await receive();
            await receive();
        });
        using var answer = await app.Http.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        go.SetResult();
        await using var stream = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[9];
        await stream.ReadExactlyAsync(buffer);

        Assert.That(Encoding.ASCII.GetString(buffer), Is.EqualTo("data: 1\n\n"));
    }

    [TestCase("GET", 204)]
    [TestCase("GET", 304)]
    [TestCase("HEAD", 200)]
    public async Task A_response_without_body_has_none(string method, int status)
    {
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(status));
            await send(new HttpResponseBody(status == 200 ? "hello"u8.ToArray() : []));
        });

        var answer = await app.SendRawAsync($"{method} / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.That(answer, Does.StartWith($"HTTP/1.1 {status} ").And.EndWith("\r\n\r\n"));
        Assert.That(answer.Contains("Content-Length: 5", StringComparison.Ordinal), Is.EqualTo(method == "HEAD"));
    }

    [Test]
    public async Task An_answer_to_head_may_announce_another_length_than_it_carries()
    {
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200, new HeaderList { { "content-length", "100" } }));
            await send(new HttpResponseBody("hello"u8.ToArray()));
        });

        Assert.That(await app.SendRawAsync("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), Does.Contain("Content-Length: 100\r\n").And.EndWith("\r\n\r\n"));
    }

    [TestCase("4", "hello", "HTTP/1.1 500 ")]
    [TestCase("6", "hello", "HTTP/1.1 500 ")]
    [TestCase("x", "hello", "HTTP/1.1 500 ")]
    [TestCase("5", "hello", "HTTP/1.1 200 ")]
    public async Task A_content_length_that_does_not_match_is_an_error(string announced, string body, string expected)
    {
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => send.TextAsync(body, headers: new HeaderList { { "content-length", announced } }));

        Assert.That(await app.SendRawAsync(Get), Does.StartWith(expected));
    }

    [Test]
    [Proves("C-EXT-08")]
    public async Task Trailers_that_were_not_announced_raise()
    {
        var (_, error) = await FailAsync(async send =>
        {
            await send.TextAsync("ok");
            await send(new HttpResponseTrailers([]));
        });

        Assert.That(error, Is.TypeOf<IllegalEventException>());
    }

    [Test]
    public async Task Senders_take_turns_and_their_parts_do_not_mix()
    {
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200));
            await send(new HttpResponseBody(MoreBody: true));
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(async () =>
                await send(new HttpResponseBody(Encoding.ASCII.GetBytes(new string((char)('a' + i), 1000)), MoreBody: true)))));
            await send(new HttpResponseBody());
        });

        var text = await app.Http.GetStringAsync("/");
        Assert.That(text, Has.Length.EqualTo(20_000));
        Assert.That(Enumerable.Range(0, 20).Select(i => text.Substring(i * 1000, 1000).Distinct().Count()), Has.All.EqualTo(1));
    }

    private static async Task<(string Answer, Exception? Error)> FailAsync(Func<Send, Task> act, string method = "GET")
    {
        Exception? error = null;
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            try
            {
                await act(send);
            }
            catch (Exception caught)
            {
                error = caught;
                throw;
            }
        });
        return (await app.SendRawAsync(Get.Replace("GET", method, StringComparison.Ordinal)), error);
    }
}
