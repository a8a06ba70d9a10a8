using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Testing;

public sealed class HttpCommunicatorTests
{
    [Test]
    [Proves("C-TEST-01")]
    public async Task The_query_is_split_off_the_path_and_kept_as_it_was_sent()
    {
        HttpScope? seen = null;
        await using var request = Communicator.Http(
            async (scope, receive, send) =>
            {
                seen = (HttpScope)scope;
                await receive();
                await send(new HttpResponseStart(204));
                await send(new HttpResponseBody());
            },
            "post",
            "/test%20it?foo=b%C3%A4r&x");
        await request.GetResponseAsync();
        Assert.That((seen!.Method, seen.Path, seen.RawPath, seen.QueryString), Is.EqualTo(("POST", "/test it", "/test%20it", "foo=b%C3%A4r&x")));
    }

    [Test]
    public async Task A_response_in_parts_with_trailers_is_put_together()
    {
        await using var request = Communicator.Http(
            async (_, receive, send) =>
            {
                var body = (HttpRequest)await receive();
                await send(new HttpResponseStart(201, new HeaderList { { "X-Kind", "test" } }, Trailers: true));
                await send(new HttpResponseBody(body.Body, MoreBody: true));
                await send(new HttpResponseBody("!"u8.ToArray()));
                await send(new HttpResponseTrailers(new HeaderList { { "x-a", "1" } }, MoreTrailers: true));
                await send(new HttpResponseTrailers(new HeaderList { { "x-b", "2" } }));
                Assert.That(await receive(), Is.TypeOf<HttpDisconnect>(), "C-HTTP-20");
            },
            "POST",
            "/").WithBody("hello");
        var response = await request.GetResponseAsync();
        await request.WaitAsync();
        Assert.Multiple(() =>
        {
            Assert.That(response.Status, Is.EqualTo(201));
            Assert.That(response.Headers["x-kind"], Is.EqualTo("test"));
            Assert.That(response.Text, Is.EqualTo("hello!"));
            Assert.That(response.Trailers.Select(t => t.Key), Is.EqualTo(new[] { "x-a", "x-b" }));
        });
    }

    [Test]
    public async Task Streams_go_both_ways_and_a_client_that_leaves_trips_the_token()
    {
        await using var request = Communicator.Http(
            async (scope, receive, send) =>
            {
                await send(new HttpResponseStart(200));
                while (await receive() is HttpRequest part)
                {
                    Assert.That(scope.Aborted.IsCancellationRequested, Is.False);
                    await send(new HttpResponseBody(part.Body, MoreBody: true));
                }

                await Support.Eventually.Is(() => scope.Aborted.IsCancellationRequested);
            },
            "POST",
            "/");
        foreach (var part in new[] { "one", "two" })
        {
            await request.SendBodyAsync(System.Text.Encoding.UTF8.GetBytes(part), moreBody: true);
            if (part == "one")
            {
                Assert.That((await request.ReceiveStartAsync()).Status, Is.EqualTo(200));
            }

            Assert.That(System.Text.Encoding.UTF8.GetString((await request.ReceiveBodyAsync()).Body.Span), Is.EqualTo(part));
        }

        await request.DisconnectAsync();
    }

    [Test]
    public async Task An_application_that_ends_in_the_middle_is_reported()
    {
        await using var request = Communicator.Http(
            async (_, receive, send) =>
            {
                await receive();
                await send(new HttpResponseStart(200));
                await send(new HttpResponseBody("part"u8.ToArray(), MoreBody: true));
            },
            "GET",
            "/");
        Assert.That(() => request.GetResponseAsync(), Throws.TypeOf<CommunicatorException>().With.Message.Contains("'http.response.body'"));
    }
}
