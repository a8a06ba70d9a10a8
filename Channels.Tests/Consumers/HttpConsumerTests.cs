using System.Text;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Consumers;

/// <summary>Whole requests and whole responses (channels.md, C-HTTPC).</summary>
public sealed class HttpConsumerTests
{
    private readonly Journal _journal = new();

    [Test]
    [Proves("C-HTTPC-01")]
    public async Task Handle_gets_the_whole_body_and_headers_go_out_as_given()
    {
        await using var request = Communicator.Http(Consumer.Of<Echo>(_journal), "POST", "/").WithBody("hello");

        var response = await request.GetResponseAsync();

        Assert.That(response.Status, Is.EqualTo(201));
        Assert.That(response.Headers, Is.EqualTo(new HeaderList { { "x-first", "1" }, { "x-second", "2" } }));
        Assert.That(response.Text, Is.EqualTo("hello"));
    }

    [Test]
    [Proves("C-HTTPC-02", "C-HTTPC-04")]
    public async Task An_exception_leaves_the_application_after_disconnect_has_run()
    {
        await using var request = Communicator.Http(Consumer.Of<Echo>(_journal), "POST", "/").WithBody("throw");

        Assert.That(async () => await request.GetResponseAsync(), Throws.InvalidOperationException.With.Message.EqualTo("thrown"));
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "handle throw", "disconnect" }));
    }

    [Test]
    [Proves("C-HTTPC-03")]
    public async Task Body_parts_are_joined()
    {
        await using var request = Communicator.Http(Consumer.Of<Echo>(_journal), "POST", "/");
        await request.SendBodyAsync("a"u8.ToArray(), moreBody: true);
        await request.SendBodyAsync(default, moreBody: true);
        await request.SendBodyAsync("bc"u8.ToArray(), moreBody: true);
        await request.SendBodyAsync("d"u8.ToArray(), moreBody: false);

        Assert.That((await request.GetResponseAsync()).Text, Is.EqualTo("abcd"));
    }

    [Test]
    [Proves("C-HTTPC-04")]
    public async Task Disconnect_runs_once_after_handle()
    {
        await using (var request = Communicator.Http(Consumer.Of<Echo>(_journal), "POST", "/").WithBody("x"))
        {
            await request.GetResponseAsync();
            await request.WaitAsync();
            await request.DisconnectAsync();
        }

        Assert.That(_journal.Entries, Is.EqualTo(new[] { "handle x", "disconnect" }));
    }

    [Test]
    [Proves("C-HTTPC-04")]
    public async Task A_client_that_leaves_while_the_body_is_read_is_no_error()
    {
        await using (var request = Communicator.Http(Consumer.Of<Echo>(_journal), "POST", "/"))
        {
            await request.SendBodyAsync("half"u8.ToArray(), moreBody: true);
            await request.DisconnectAsync();
        }

        Assert.That(_journal.Entries, Is.EqualTo(new[] { "disconnect" }));
    }

    [Test]
    [Proves("C-HTTPC-06")]
    public async Task A_consumer_without_a_handler_says_so()
    {
        await using var request = Communicator.Http(Consumer.Of<Empty>(), "GET", "/");

        Assert.That(async () => await request.GetResponseAsync(), Throws.InstanceOf<NotSupportedException>().With.Message.Contains("Empty").And.Message.Contains("HandleAsync"));
    }

    [Test]
    public async Task A_handler_that_returns_without_a_response_is_named()
    {
        await using var request = Communicator.Http(Consumer.Of<Silent>(), "GET", "/");

        Assert.That(async () => await request.GetResponseAsync(), Throws.InvalidOperationException.With.Message.Contains("Silent").And.Message.Contains("KeepOpen"));
    }

    [TestCase(8, 200)]
    [TestCase(9, 413)]
    public async Task A_body_above_the_limit_is_answered_with_413(int length, int status)
    {
        await using var whole = Communicator.Http(Consumer.Of<Limited>(), "POST", "/").WithBody(new byte[length]);
        Assert.That((await whole.GetResponseAsync()).Status, Is.EqualTo(status));

        await using var parts = Communicator.Http(Consumer.Of<Limited>(), "POST", "/");
        await parts.SendBodyAsync(new byte[length - 1], moreBody: true);
        await parts.SendBodyAsync(new byte[1], moreBody: false);
        Assert.That((await parts.GetResponseAsync()).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task An_announced_length_above_the_limit_is_refused_before_the_body_comes()
    {
        await using var request = Communicator.Http(Consumer.Of<Limited>(), "POST", "/").WithHeader("content-length", "9");
        await request.SendBodyAsync(default, moreBody: true);

        var response = await request.GetResponseAsync();

        Assert.That((response.Status, response.Text), Is.EqualTo((413, "The request body is longer than 8 bytes.")));
        await request.WaitAsync();
    }

    [Test]
    public async Task Text_and_json_have_responses_of_their_own()
    {
        await using var json = Communicator.Http(Consumer.Of<Forms>(), "GET", "/json");
        var response = await json.GetResponseAsync();
        Assert.That((response.Headers["content-type"], response.Text), Is.EqualTo(("application/json", """{"text":"yes"}""")));

        await using var text = Communicator.Http(Consumer.Of<Forms>(), "GET", "/text");
        response = await text.GetResponseAsync();
        Assert.That((response.Status, response.Headers["content-type"], response.Text), Is.EqualTo((404, "text/plain; charset=utf-8", "nothing here")));
    }

    private sealed class Echo(Journal journal) : HttpConsumer
    {
        protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
        {
            var text = Encoding.UTF8.GetString(body.Span);
            journal.Add($"handle {text}");
            if (text == "throw")
            {
                throw new InvalidOperationException("thrown");
            }

            await SendResponseAsync(201, body, new HeaderList { { "X-First", "1" }, { "x-second", "2" } });
        }

        protected override ValueTask OnDisconnectAsync()
        {
            journal.Add("disconnect");
            return default;
        }
    }

    private sealed class Empty : HttpConsumer;

    private sealed class Silent : HttpConsumer
    {
        protected override ValueTask HandleAsync(ReadOnlyMemory<byte> body) => default;
    }

    private sealed class Limited : HttpConsumer
    {
        protected override long MaxBodyBytes => 8;

        protected override ValueTask HandleAsync(ReadOnlyMemory<byte> body) => SendResponseAsync(200);
    }

    private sealed class Forms : HttpConsumer
    {
        protected override ValueTask OnRequestAsync() => Scope.Path == "/json"
            ? SendJsonAsync(new Answer("yes"), TestJson.Default.Answer)
            : SendTextAsync("nothing here", 404);
    }
}
