using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Testing;

/// <summary>Communicators refuse what a real server refuses.</summary>
public sealed class LegalityTests
{
    private static IEnumerable<TestCaseData> IllegalHttpEvents()
    {
        yield return Case("http.response.start", new HttpResponseBody()).SetName("Body_before_start");
        yield return Case("http.response.body", new HttpResponseStart(200), new HttpResponseStart(200)).SetName("Second_start");
        yield return Case("complete", new HttpResponseStart(200), new HttpResponseBody(), new HttpResponseBody()).SetName("Body_after_the_last");
        yield return Case("complete", new HttpResponseStart(200), new HttpResponseBody(), new HttpResponseTrailers([])).SetName("Trailers_not_announced");
        yield return Case("trailers", new HttpResponseStart(200, Trailers: true), new HttpResponseBody(), new HttpResponseBody()).SetName("Body_in_place_of_trailers");
        yield return Case("99", new HttpResponseStart(99)).SetName("Http_status_out_of_range");
        yield return Case("http.response.start", new WebSocketAccept()).SetName("WebSocket_event_on_http");
    }

    [TestCaseSource(nameof(IllegalHttpEvents))]
    [Proves("C-HTTP-17", "C-APP-10", "C-EXT-08")]
    public async Task Http(string expected, Event[] events)
    {
        await using var request = Communicator.Http(Sender(events), "GET", "/");
        await request.SendBodyAsync(default, moreBody: false);
        Assert.That(() => request.WaitAsync(), Throws.TypeOf<IllegalEventException>().With.Message.Contains(expected));
    }

    private static TestCaseData Case(string expected, params Event[] events) => new(expected, events);

    private static Application Sender(Event[] events) => async (_, receive, send) =>
    {
        await receive();
        foreach (var message in events)
        {
            await send(message);
        }
    };
}
