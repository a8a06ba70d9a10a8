using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Testing;

/// <summary>Communicators refuse what a real server refuses.</summary>
public sealed class LegalityTests
{
    private static IEnumerable<TestCaseData> IllegalWebSocketEvents()
    {
        yield return Case("connecting", WebSocketSend.FromText("early")).SetName("Send_before_accept");
        yield return Case("connecting", new WebSocketDenialBody()).SetName("Denial_body_before_its_start");
        yield return Case("open", new WebSocketAccept(), new WebSocketAccept()).SetName("Accept_twice");
        yield return Case("open", new WebSocketAccept(), new WebSocketDenialStart(403)).SetName("Denial_after_accept");
        yield return Case("closed", new WebSocketAccept(), new WebSocketClose(), WebSocketSend.FromText("late")).SetName("Send_after_close");
        yield return Case("closed", new WebSocketClose(), new WebSocketAccept()).SetName("Accept_after_refusal");
        yield return Case("refused", new WebSocketDenialStart(403), new WebSocketDenialStart(404)).SetName("Second_denial_start");
        yield return Case("offered: v1", new WebSocketAccept("v2")).SetName("Subprotocol_that_was_not_offered");
        yield return Case("belongs to the server", new WebSocketAccept(null, new HeaderList { { "sec-websocket-protocol", "v1" } })).SetName("Server_header_in_accept");
        yield return Case("1005", new WebSocketAccept(), new WebSocketClose(1005)).SetName("Reserved_close_code");
        yield return Case("123", new WebSocketAccept(), new WebSocketClose(1000, new string('x', 124))).SetName("Reason_too_long");
        yield return Case("http.response.start", new HttpResponseStart(200)).SetName("Http_event_on_a_websocket");
    }

    private static IEnumerable<TestCaseData> IllegalHttpEvents()
    {
        yield return Case("http.response.start", new HttpResponseBody()).SetName("Body_before_start");
        yield return Case("http.response.body", new HttpResponseStart(200), new HttpResponseStart(200)).SetName("Second_start");
        yield return Case("done", new HttpResponseStart(200), new HttpResponseBody(), new HttpResponseBody()).SetName("Body_after_the_last");
        yield return Case("done", new HttpResponseStart(200), new HttpResponseBody(), new HttpResponseTrailers([])).SetName("Trailers_not_announced");
        yield return Case("trailers", new HttpResponseStart(200, Trailers: true), new HttpResponseBody(), new HttpResponseBody()).SetName("Body_in_place_of_trailers");
        yield return Case("99", new HttpResponseStart(99)).SetName("Http_status_out_of_range");
        yield return Case("http.response.start", new WebSocketAccept()).SetName("WebSocket_event_on_http");
    }

    [TestCaseSource(nameof(IllegalWebSocketEvents))]
    [Proves("C-WS-13", "C-WS-15", "C-WS-16", "C-WS-02", "C-EXT-05", "C-WS-04", "C-WS-24", "C-WS-28", "C-WS-17")]
    public async Task WebSocket(string expected, Event[] events)
    {
        await using var socket = Communicator.WebSocket(Sender(events), "/").WithSubprotocols("v1");
        await socket.SendInputAsync(WebSocketConnect.Instance);
        Assert.That(() => socket.WaitAsync(), Throws.TypeOf<IllegalEventException>().With.Message.Contains(expected));
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
