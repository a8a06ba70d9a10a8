using Channels.Testing;

namespace Channels.Tests.Testing;

/// <summary>Communicators refuse what a real server refuses.</summary>
public sealed class LegalityTests
{
    private static IEnumerable<TestCaseData> IllegalWebSocketEvents()
    {
        yield return Case("connecting", WebSocketSend.FromText("early")).SetName("C_WS_13_send_before_accept");
        yield return Case("connecting", new WebSocketDenialBody()).SetName("C_EXT_denial_body_before_its_start");
        yield return Case("open", new WebSocketAccept(), new WebSocketAccept()).SetName("C_WS_15_accept_twice");
        yield return Case("open", new WebSocketAccept(), new WebSocketDenialStart(403)).SetName("C_EXT_denial_after_accept");
        yield return Case("closed", new WebSocketAccept(), new WebSocketClose(), WebSocketSend.FromText("late")).SetName("C_WS_16_send_after_close");
        yield return Case("closed", new WebSocketClose(), new WebSocketAccept()).SetName("C_WS_02_accept_after_refusal");
        yield return Case("refused", new WebSocketDenialStart(403), new WebSocketDenialStart(404)).SetName("C_EXT_05_second_denial_start");
        yield return Case("offered: v1", new WebSocketAccept("v2")).SetName("C_WS_04_subprotocol_that_was_not_offered");
        yield return Case("belongs to the server", new WebSocketAccept(null, new HeaderList { { "sec-websocket-protocol", "v1" } })).SetName("C_WS_24_server_header_in_accept");
        yield return Case("1005", new WebSocketAccept(), new WebSocketClose(1005)).SetName("C_WS_28_reserved_close_code");
        yield return Case("123", new WebSocketAccept(), new WebSocketClose(1000, new string('x', 124))).SetName("C_WS_17_reason_too_long");
        yield return Case("http.response.start", new HttpResponseStart(200)).SetName("Http_event_on_a_websocket");
    }

    private static IEnumerable<TestCaseData> IllegalHttpEvents()
    {
        yield return Case("http.response.start", new HttpResponseBody()).SetName("C_HTTP_17_body_before_start");
        yield return Case("http.response.body", new HttpResponseStart(200), new HttpResponseStart(200)).SetName("C_HTTP_17_second_start");
        yield return Case("complete", new HttpResponseStart(200), new HttpResponseBody(), new HttpResponseBody()).SetName("C_APP_10_body_after_the_last");
        yield return Case("complete", new HttpResponseStart(200), new HttpResponseBody(), new HttpResponseTrailers([])).SetName("C_EXT_08_trailers_not_announced");
        yield return Case("trailers", new HttpResponseStart(200, Trailers: true), new HttpResponseBody(), new HttpResponseBody()).SetName("C_EXT_08_body_in_place_of_trailers");
        yield return Case("99", new HttpResponseStart(99)).SetName("Http_status_out_of_range");
        yield return Case("http.response.start", new WebSocketAccept()).SetName("WebSocket_event_on_http");
    }

    [TestCaseSource(nameof(IllegalWebSocketEvents))]
    public async Task WebSocket(string expected, Event[] events)
    {
        await using var socket = Communicator.WebSocket(Sender(events), "/").WithSubprotocols("v1");
        await socket.SendInputAsync(WebSocketConnect.Instance);
        Assert.That(() => socket.WaitAsync(), Throws.TypeOf<IllegalEventException>().With.Message.Contains(expected));
    }

    [TestCaseSource(nameof(IllegalHttpEvents))]
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
