using System.Text;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class DenialTests
{
    [Test]
    [Proves("C-EXT-01", "W-08")]
    public async Task A_denial_reaches_the_client_and_the_application_gets_1006()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketDenialStart(401, new HeaderList { { "www-authenticate", "Bearer" }, { "content-length", "4" } }));
            await send(new WebSocketDenialBody("nope"u8.ToArray()));
            log.Add(await receive());
        });
        var response = await RequestAsync(server);
        Assert.That(response, Does.StartWith("HTTP/1.1 401").And.Contain("WWW-Authenticate: Bearer\r\n").IgnoreCase.And.EndWith("\r\n\r\nnope"));
        Assert.That(await log.NextAsync(), Is.EqualTo(new WebSocketDisconnect(1006)));
    }

    [Test]
    [Proves("C-EXT-02", "C-EXT-04")]
    public async Task A_body_in_parts_without_a_length_arrives_whole()
    {
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketDenialStart(402));
            await send(new WebSocketDenialBody("one "u8.ToArray(), MoreBody: true));
            await send(new WebSocketDenialBody("two"u8.ToArray()));
        });
        var response = await RequestAsync(server);
        Assert.That(response, Does.StartWith("HTTP/1.1 402").And.Contain("one ").And.Contain("two"));
    }

    [Test]
    [Proves("C-EXT-03")]
    public async Task An_impossible_status_becomes_500()
    {
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketDenialStart(700)); // an error
            await send(new WebSocketDenialBody("ignored"u8.ToArray()));
        });
        Assert.That(await RequestAsync(server), Does.StartWith("HTTP/1.1 500").And.Contain("Internal server error").And.Not.Contain("ignored"));
    }

    [Test]
    [Proves("C-EXT-05")]
    public async Task A_second_start_is_an_error_that_names_the_body_and_the_first_status_stays()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketDenialStart(404));
            log.Add(Assert.ThrowsAsync<IllegalEventException>(async () => await send(new WebSocketDenialStart(200)))!.Message);
            log.Add(Assert.ThrowsAsync<IllegalEventException>(async () => await send(new WebSocketAccept()))!.Message);
            await send(new WebSocketDenialBody());
            log.Add(Assert.ThrowsAsync<ConnectionClosedException>(async () => await send(new WebSocketDenialBody()))!.Message);
        });
        Assert.That(await RequestAsync(server), Does.StartWith("HTTP/1.1 404"));
        Assert.That(await log.NextAsync(), Does.Contain("websocket.http.response.body"));
        Assert.That(await log.NextAsync(), Does.Contain("websocket.http.response.body"));
        Assert.That(await log.NextAsync(), Does.Contain("ended"));
    }

    [TestCase(403, "content-length", "3")]
    [TestCase(403, "content-length", "five")]
    [TestCase(403, "transfer-encoding", "chunked")]
    [TestCase(204, "x-none", "1")]
    [TestCase(205, "x-none", "1")]
    [TestCase(205, "content-length", "5")]
    [TestCase(403, "x-name", "é")]
    [Proves("FA-8", "FA-9")]
    public async Task A_denial_that_cannot_be_sent_is_the_applications_error_and_500_to_the_client(int status, string header, string value)
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            try
            {
                await send(new WebSocketDenialStart(status, new HeaderList { { header, value } }));
                await send(new WebSocketDenialBody("never"u8.ToArray()));
            }
            catch (IllegalEventException error)
            {
                log.Add(error);
                throw;
            }
        });
        Assert.That(await RequestAsync(server), Does.StartWith("HTTP/1.1 500").And.Contain("Internal server error").And.Not.Contain("never").And.Not.Contain("x-n"));
        await log.NextAsync<IllegalEventException>();
    }

    [Test]
    [Proves("C-EXT-06")]
    public async Task A_start_without_a_body_still_gives_its_status()
    {
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketDenialStart(418));
        });
        Assert.That(await RequestAsync(server), Does.StartWith("HTTP/1.1 418"));
    }

    private static async Task<string> RequestAsync(LiveServer server)
    {
        using var client = await RawWebSocketClient.ConnectAsync(server.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes(RawWebSocketClient.Request(connection: "Upgrade, close")));
        return Encoding.UTF8.GetString(await client.ReadToEndAsync());
    }
}
