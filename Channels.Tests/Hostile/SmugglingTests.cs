using System.Text;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>Requests behind which another one hides, and headers that would add a line to the answer.</summary>
[NonParallelizable]
[Category("Hostile")]
public sealed class SmugglingTests
{
    private const int Attackers = 16;
    private const string Hidden = "GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 10.1.1.1\r\nConnection: close\r\n\r\n";
    private const string HiddenAnswer = "Hello, World!";

    private static readonly string[] AmbiguousLengths =
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: chunked, identity", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding : chunked", " Transfer-Encoding: chunked", "Transfer-Encoding:\u000bchunked", "Transfer-Encoding\r\n: chunked",
        "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 6", "Content-Length: -1", "Content-Length: 0x5",
        "Content-Length: 99999999999999999999", "Content-Length: 5\u0000", "X: a\rContent-Length: 5", "X: a\r\n Content-Length: 5",
    ];

    private static readonly string[] WrongChunks =
    [
        "5;a\nb\r\nhello\r\n0\r\n\r\n", "5\n\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n",
    ];

    [Test]
    [Proves("SEC-13")]
    public Task Bodies_of_ambiguous_length() => HideAsync(
    [
        .. AmbiguousLengths.Select(length => $"POST /group/smuggled HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n0\r\n\r\n"),
        .. WrongChunks.Select(chunks => $"POST /group/smuggled HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"),
    ]);

    [Test]
    [Proves("FG-13", "FA-10")]
    public Task Upgrades_that_are_refused() => HideAsync(
    [
        RawWebSocketClient.Request(path: "/echo", wsVersion: "12"), RawWebSocketClient.Request(path: "/echo", key: "short"),
        RawWebSocketClient.Request(path: "/nothing"), RawWebSocketClient.Request(path: "/echo", method: "POST"),
        RawWebSocketClient.Request(path: "/echo", upgrade: "other"), RawWebSocketClient.Request(path: "/echo", key: null),
        "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n",
    ]);

    [Test]
    [Proves("SEC-11")]
    public Task Lines_for_the_answers_headers() => HostileLoad.SurviveAsync(async assault =>
    {
        string[] values = ["a\r\n X-Injected: 1", "a\rX-Injected: 1", "a\u0000\r\nX-Injected", "a\u0085X-Injected: 1", "a%0d%0aX-Injected: 1", "a\\r\\nX-Injected: 1"];
        string[] requests =
        [
            .. values.Select(value => RawWebSocketClient.Request($"Sec-WebSocket-Protocol: {value}\r\n", path: "/echo")),
            .. values.Select(value => $"GET /hello HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {value}\r\nConnection: close\r\n\r\n"),
            .. values.Select(value => $"GET /nothing/{value.Replace(' ', '+')} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
        ];
        return await TryAllAsync(assault, requests, (request, answer) => Assert.That(answer.Split("\r\n").Where(line => line.StartsWith("X-Injected", StringComparison.OrdinalIgnoreCase)), Is.Empty, request));
    });

    private static Task HideAsync(string[] covers) => HostileLoad.SurviveAsync(assault =>
        TryAllAsync(assault, [.. covers.Select(cover => cover + Hidden)], (request, answer) => Assert.That(answer, Does.Not.Contain(HiddenAnswer), request)));

    private static async Task<IReadOnlyList<string>> TryAllAsync(Assault assault, string[] requests, Action<string, string> check)
    {
        var tried = -1;
        var fates = await assault.RepeatAsync(Attackers, async () =>
        {
            using var attacker = await assault.ConnectAsync();
            var request = requests[Interlocked.Increment(ref tried) % requests.Length];
            await attacker.SendAsync(Encoding.Latin1.GetBytes(request));
            using var soon = assault.Soon();
            var answer = await attacker.ReadAllAsync(soon.Token);
            check(request, answer);
            return answer.Length > 11 ? answer[9..12] : Attacker.Open;
        }, atLeast: requests.Length);
        Assert.That(tried + 1, Is.GreaterThanOrEqualTo(requests.Length), "each form at least once");
        return fates;
    }
}
