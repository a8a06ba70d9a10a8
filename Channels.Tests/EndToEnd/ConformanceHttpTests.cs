using Channels.Tests.Support;
using System.Net;

namespace Channels.Tests.EndToEnd;

/// <summary>The HTTP endpoints of the conformance sample, over HTTP/1.1 and HTTP/2 of one process.</summary>
public sealed class ConformanceHttpTests
{
    private static SampleProcess s_server = null!; // set before the first test
    private static readonly int[] Versions = [1, 2];

    [OneTimeSetUp]
    public static async Task StartAsync() => s_server = await ConformanceServer.StartAsync();

    [OneTimeTearDown]
    public static async Task EndAsync()
    {
        if (s_server is not null) // null when it has not started
        {
            await s_server.DisposeAsync();
        }
    }

    [TestCaseSource(nameof(Versions))]
    public async Task Hello_and_a_stream(int version)
    {
        using var http = Client(version);
        using var hello = await http.GetAsync("/hello");
        Assert.That(await hello.Content.ReadAsStringAsync(), Is.EqualTo("Hello, World!"));
        Assert.That(hello.Version.Major, Is.EqualTo(version));
        Assert.That(await http.GetStringAsync("/stream?count=3"), Is.EqualTo("line 1\nline 2\nline 3\n"));
        using var missing = await http.GetAsync("/no-such-page");
        Assert.That(missing.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCaseSource(nameof(Versions))]
    public async Task A_stream_arrives_while_it_is_made(int version)
    {
        using var http = Client(version);
        using var reader = new StreamReader(await http.GetStreamAsync("/stream?count=100&delay=60000").WaitAsync(Eventually.Patience));
        Assert.That(await reader.ReadLineAsync().WaitAsync(Eventually.Patience), Is.EqualTo("line 1"));
    }

    [TestCaseSource(nameof(Versions))]
    public async Task Server_sent_events_go_on_where_the_client_left_off(int version)
    {
        using var http = Client(version);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/events?count=8&delay=1") { Version = http.DefaultRequestVersion, VersionPolicy = http.DefaultVersionPolicy };
        request.Headers.Add("Last-Event-ID", "5");
        using var response = await http.SendAsync(request);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/event-stream"));
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n');
        Assert.That(lines.Where(line => line.StartsWith("id:", StringComparison.Ordinal)), Is.EqualTo(new[] { "id: 6", "id: 7", "id: 8" }));
        Assert.That(lines, Does.Contain("event: tick"));
    }

    [TestCaseSource(nameof(Versions))]
    public async Task A_long_poll_is_answered_by_a_later_message_or_ends_empty(int version)
    {
        using var http = Client(version);
        using var empty = await http.GetAsync("/longpoll/quiet?wait=1");
        Assert.That(empty.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));

        var poll = http.GetStringAsync($"/longpoll/news{version}?wait=300000");
        while (!poll.IsCompleted) // nothing tells from outside when the poll has joined; publishing again does no harm
        {
            using var published = await http.PostAsync($"/group/news{version}", new StringContent("here it is"));
            Assert.That(published.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
            await Pace.TryAgainAsync();
        }

        Assert.That(await poll, Is.EqualTo("here it is"));
    }

    private static HttpClient Client(int version) => new()
    {
        BaseAddress = s_server.Addresses[version - 1],
        DefaultRequestVersion = new Version(version, version == 1 ? 1 : 0),
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = Eventually.Patience,
    };
}
