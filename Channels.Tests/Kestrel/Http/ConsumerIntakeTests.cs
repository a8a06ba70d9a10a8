using Channels.Testing;
using Channels.Tests.Consumers;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.Http;

/// <summary>An HTTP consumer begins with the headers of its request: whether the body is asked for, it says itself.</summary>
public sealed class ConsumerIntakeTests
{
    private const string Head = "HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";

    [TestCase("Content-Length: 5\r\nExpect: 100-continue\r\n")]
    [TestCase("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n")]
    [TestCase("Content-Length: 5\r\n")]
    [Proves("FA-15")]
    public async Task A_refusal_does_not_wait_for_the_body_or_ask_for_it(string body)
    {
        await using var app = await StartAsync<Door>();
        using var socket = await app.OpenSocketAsync();
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes($"POST / {Head}{body}\r\n"));

        Assert.That(await RawHttp.ReadAsync(socket, "no entry"), Does.StartWith("HTTP/1.1 401 ").And.EndWith("no entry"));
    }

    [Test]
    [Proves("FA-15")]
    public async Task A_known_excess_is_refused_without_asking_for_the_body()
    {
        await using var app = await StartAsync<Small>();
        using var socket = await app.OpenSocketAsync();
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes($"POST / {Head}Content-Length: 9\r\nExpect: 100-continue\r\n\r\n"));

        Assert.That(await RawHttp.ReadAsync(socket, "bytes."), Does.StartWith("HTTP/1.1 413 "));
    }

    [Test]
    [Proves("FA-15")]
    public async Task A_body_that_is_wanted_is_asked_for()
    {
        await using var app = await StartAsync<Small>();
        using var socket = await app.OpenSocketAsync();
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes($"POST / {Head}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"));
        Assert.That(await RawHttp.ReadAsync(socket, "\r\n\r\n"), Is.EqualTo("HTTP/1.1 100 Continue\r\n\r\n"));
        await socket.SendAsync("hello"u8.ToArray());

        Assert.That(await RawHttp.ReadAsync(socket), Does.StartWith("HTTP/1.1 200 ").And.EndWith("5"));
    }

    [Test]
    [Proves("FA-15")]
    public async Task A_communicator_starts_the_consumer_before_any_body_too()
    {
        var journal = new Journal();
        await using var request = Communicator.Http(Consumer.Of<Noting>(journal), "POST", "/");
        await request.SendBodyAsync(default, moreBody: true);
        await journal.Has("begun");
        await request.DisconnectAsync();

        Assert.That(journal.Entries, Is.EqualTo(new[] { "begun", "disconnect" }));
    }

    private static Task<LiveServer> StartAsync<TConsumer>()
        where TConsumer : Consumer
    {
        var consumer = Consumer.Of<TConsumer>().ToApplication();
        return LiveServer.StartFunctionAsync((scope, receive, send) => consumer(scope, receive, send));
    }

    private sealed class Door : HttpConsumer
    {
        protected override ValueTask OnRequestAsync() => SendTextAsync("no entry", 401);
    }

    private sealed class Small : HttpConsumer
    {
        protected override long MaxBodyBytes => 8;

        protected override ValueTask HandleAsync(ReadOnlyMemory<byte> body) => SendTextAsync($"{body.Length}");
    }

    private sealed class Noting(Journal journal) : HttpConsumer
    {
        protected override ValueTask OnRequestAsync()
        {
            journal.Add("begun");
            KeepOpen();
            return default;
        }

        protected override ValueTask OnDisconnectAsync()
        {
            journal.Add("disconnect");
            return default;
        }
    }
}
