using System.Text;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.Http;

/// <summary>Answers that do not wait for the request's body, on a connection that stays.</summary>
public sealed class UnreadBodyTests
{
    private const int Limit = 1000;

    [TestCase(Limit)]
    [TestCase(100 * Limit)]
    [Proves("FA-16")]
    public async Task A_body_that_nobody_reads_is_taken_beyond_the_limit_so_that_the_answer_arrives_and_the_connection_stays(int length)
    {
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => send.TextAsync("no entry", 401), builder => builder.Set("Channels:Server:MaxRequestBodyBytes", $"{Limit}"));
        using var limit = new CancellationTokenSource(Eventually.Patience);
        using var socket = await app.OpenSocketAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{new string('a', length)}\r\n0\r\n\r\n"), limit.Token);
        await RawHttp.ReadAsync(socket, "no entry", limit.Token);
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"u8.ToArray(), limit.Token);
        Assert.That(await RawHttp.ReadAsync(socket, cancellationToken: limit.Token), Does.StartWith("HTTP/1.1 401 "));
    }
}
