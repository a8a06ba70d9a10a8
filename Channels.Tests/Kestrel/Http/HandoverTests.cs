using System.Text;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Http;

/// <summary>An application takes a whole exchange and speaks ASP.NET Core's features itself.</summary>
public sealed class HandoverTests
{
    private const string Get = "GET /site HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    [Test]
    public async Task A_request_that_was_handed_over_streams_up_and_down_at_the_same_time()
    {
        await using var app = await LiveServer.StartFunctionAsync(Site(async context =>
        {
            context.Response.StatusCode = 201;
            context.Response.Headers["X-Site"] = "yes";
            var buffer = new byte[16];
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer)) > 0)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read));
                await context.Response.Body.FlushAsync();
            }
        }));
        using var limit = new CancellationTokenSource(Eventually.Patience);
        using var socket = await app.OpenSocketAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes("POST /site HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"), limit.Token);
        var first = await RawHttp.ReadAsync(socket, "one", limit.Token);
        await socket.SendAsync("3\r\ntwo\r\n0\r\n\r\n"u8.ToArray(), limit.Token);
        var second = await RawHttp.ReadAsync(socket, cancellationToken: limit.Token);

        Assert.That(first, Does.StartWith("HTTP/1.1 201 ").And.Contain("X-Site: yes\r\n"));
        Assert.That(second, Does.Contain("two").And.EndWith("0\r\n\r\n"));
    }

    [Test]
    public async Task Middleware_that_copies_the_scope_does_not_hide_the_exchange()
    {
        var key = new ScopeKey<int>("n");
        var site = Site(context => context.Response.WriteAsync("from the site"));
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => site(scope.With(key, 1), receive, send));

        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("from the site"));
    }

    [Test]
    public async Task It_is_refused_after_the_response_has_begun_and_the_response_goes_on()
    {
        Exception? error = null;
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200));
            error = Assert.Catch(() => ((HttpScope)scope).TryTakeFeatures(out _));
            await send(new HttpResponseBody("ours"u8.ToArray()));
        });

        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("ours"));
        Assert.That(error, Is.InstanceOf<InvalidOperationException>().With.Message.Contains("response has begun"));
    }

    [Test]
    public async Task It_is_refused_after_the_body_was_read_from_and_a_second_time()
    {
        var errors = new List<string>();
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            if (((HttpScope)scope).Path == "/read")
            {
                await receive();
            }
            else
            {
                ((HttpScope)scope).TryTakeFeatures(out _);
            }

            errors.Add(Assert.Catch<InvalidOperationException>(() => ((HttpScope)scope).TryTakeFeatures(out _))!.Message);
            if (((HttpScope)scope).Path == "/read")
            {
                await send.TextAsync("ours");
            }
        });
        using var body = new StringContent("hello");
        (await app.Http.PostAsync("/read", body)).Dispose();
        (await app.Http.GetAsync("/twice")).Dispose();

        Assert.That(errors[0], Does.Contain("body has been read"));
        Assert.That(errors[1], Does.Contain("already"));
    }

    [Test]
    public async Task After_it_events_are_errors_and_headers_can_be_read_until_the_end_only()
    {
        Exception? sent = null;
        Exception? received = null;
        IHeaders? headers = null;
        string? during = null;
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            var http = (HttpScope)scope;
            Assert.That(http.TryTakeFeatures(out var features), Is.True);
            sent = Assert.CatchAsync(async () => await send(new HttpResponseStart(200)));
            received = Assert.CatchAsync(async () => await receive());
            (headers, during) = (http.Headers, http.Headers["host"]);
            await new DefaultHttpContext(features!).Response.WriteAsync("ok");
        });
        var answer = await app.SendRawAsync(Get);

        Assert.That(answer, Does.Contain("ok"));
        Assert.That(sent, Is.TypeOf<IllegalEventException>().With.Message.Contains("handed over"));
        Assert.That(received, Is.TypeOf<IllegalEventException>().With.Message.Contains("handed over"));
        Assert.That(during, Is.EqualTo("h"));
        Assert.That(() => headers!["host"], Throws.InvalidOperationException);
    }

    [Test]
    public async Task An_error_goes_to_the_server_below_which_answers_it()
    {
        await using var app = await LiveServer.StartFunctionAsync(Site(_ => throw new InvalidOperationException("boom")));

        Assert.That(await app.SendRawAsync(Get), Does.StartWith("HTTP/1.1 500 ").And.Not.Contain("boom"));
    }

    [Test]
    public async Task The_access_log_and_the_metrics_still_count_it()
    {
        var log = new LogRecord();
        await using var app = await LiveServer.StartFunctionAsync(Site(context =>
        {
            context.Response.StatusCode = 418;
            return Task.CompletedTask;
        }), builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Set("Channels:Server:AccessLog", "true");
        });
        await app.SendRawAsync(Get);
        await Eventually.Is(() => log.Lines.Any(line => line.Id == 1013));

        Assert.That(log.Lines.Single(line => line.Id == 1013).Text, Does.Contain("GET /site 418"));
    }

    [Test]
    public async Task A_scope_of_a_test_has_no_features()
    {
        var taken = true;
        await using var request = Channels.Testing.Communicator.Http(
            async (scope, receive, send) =>
            {
                taken = ((HttpScope)scope).TryTakeFeatures(out _);
                await send.TextAsync("ok");
            },
            "GET",
            "/");
        await request.GetResponseAsync();

        Assert.That(taken, Is.False);
    }

    private static Application Site(RequestDelegate serve) => (scope, receive, send) =>
        ((HttpScope)scope).TryTakeFeatures(out var features) ? serve(new DefaultHttpContext(features)) : throw new AssertionException("no features");
}
