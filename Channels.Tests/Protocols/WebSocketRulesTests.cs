using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Protocols;

/// <summary>
/// Every phase with every kind of event: where the connection stands afterwards, or how the event is refused. The server
/// and the communicators ask these rules, so the texts are the same for both.
/// </summary>
public sealed class WebSocketRulesTests
{
    private const string Gone = "gone"; // ConnectionClosedException
    private static readonly WebSocketPhase[] Phases = Enum.GetValues<WebSocketPhase>();

    private static readonly (string Name, Event Event)[] Events =
    [
        ("accept", new WebSocketAccept()), ("denial start", new WebSocketDenialStart(403)), ("denial part", new WebSocketDenialBody(default, MoreBody: true)),
        ("denial end", new WebSocketDenialBody()), ("send", WebSocketSend.FromText("x")), ("close", new WebSocketClose(4000, "bye")), ("foreign", new HttpResponseStart(200)),
    ];

    // One row per phase, in the order of Events: the next phase, "gone", or what the error must name as legal.
    private static readonly Dictionary<WebSocketPhase, string[]> Expected = new()
    {
        [WebSocketPhase.Connecting] = ["Accepting", "Denying", "connecting; legal now: websocket.accept, websocket.close, websocket.http.response.start", "connecting", "connecting", "Closed", "connecting"],
        [WebSocketPhase.Accepting] = ["being accepted; legal now: websocket.close", "being accepted", "being accepted", "being accepted", "being accepted", "Accepting", "being accepted"],
        [WebSocketPhase.Denying] = ["denial response", "denial response; legal now: websocket.http.response.body", "Denying", "Denied", "denial response", "Denying", "denial response"],
        [WebSocketPhase.Open] = ["open; legal now: websocket.send, websocket.close", "open", "open", "open", "Open", "Closed", "open"],
        [WebSocketPhase.Ending] = ["open", "open", "open", "open", "Ending", "Closed", "open"],
        [WebSocketPhase.Denied] = [Gone, Gone, Gone, Gone, Gone, "Denied", "closed by the application itself; legal now: nothing"],
        [WebSocketPhase.Closed] = [Gone, Gone, Gone, Gone, Gone, "Closed", "closed by the application itself; legal now: nothing"],
        [WebSocketPhase.Lost] = [Gone, Gone, Gone, Gone, Gone, Gone, Gone],
    };

    private static IEnumerable<TestCaseData> All() => Phases.SelectMany(phase => Events.Select((sent, i) =>
        new TestCaseData(phase, sent.Event, Expected[phase][i]).SetArgDisplayNames(phase.ToString(), sent.Name)));

    [TestCaseSource(nameof(All))]
    [Proves("C-WS-02", "C-WS-13", "C-WS-15", "C-WS-16", "C-EXT-05")]
    public void Every_event_in_every_phase(WebSocketPhase phase, Event message, string expected)
    {
        WebSocketDenial? denial = null;
        if (phase is WebSocketPhase.Denying or WebSocketPhase.Denied)
        {
            WebSocketRules.Next(WebSocketPhase.Connecting, new WebSocketDenialStart(403), [], ref denial);
        }

        if (Enum.TryParse<WebSocketPhase>(expected, out var next))
        {
            Assert.That(WebSocketRules.Next(phase, message, [], ref denial), Is.EqualTo(next));
        }
        else if (expected == Gone)
        {
            Assert.That(() => WebSocketRules.Next(phase, message, [], ref denial), Throws.TypeOf<ConnectionClosedException>());
        }
        else
        {
            Assert.That(() => WebSocketRules.Next(phase, message, [], ref denial), Throws.TypeOf<IllegalEventException>().With.Message.Contains(expected).And.Message.Contains($"'{message.Type}'"));
        }
    }

    [Test]
    public void An_end_of_the_applications_own_is_told_once_with_what_the_peer_gets()
    {
        var close = new WebSocketClose(4000, "bye");
        Assert.That(WebSocketRules.EndOf(WebSocketPhase.Open, WebSocketPhase.Closed, close), Is.EqualTo(new WebSocketDisconnect(4000, "bye")));
        Assert.That(WebSocketRules.EndOf(WebSocketPhase.Connecting, WebSocketPhase.Closed, close), Is.EqualTo(new WebSocketDisconnect(1006)));
        Assert.That(WebSocketRules.EndOf(WebSocketPhase.Denying, WebSocketPhase.Denied, new WebSocketDenialBody()), Is.EqualTo(new WebSocketDisconnect(1006)));
        Assert.That(WebSocketRules.EndOf(WebSocketPhase.Closed, WebSocketPhase.Closed, close), Is.Null);
        Assert.That(WebSocketRules.EndOf(WebSocketPhase.Open, WebSocketPhase.Open, WebSocketSend.FromText("x")), Is.Null);
        Assert.That(WebSocketRules.EndOf(WebSocketPhase.Connecting, WebSocketPhase.Accepting, new WebSocketAccept()), Is.Null);
    }

    [Proves("C-WS-04")]
    [TestCase("v2", "The subprotocol 'v2' was not offered by the client")]
    [TestCase("V1", "The subprotocol 'V1' was not offered by the client")]
    public void A_subprotocol_must_have_been_offered(string chosen, string expected) =>
        Assert.That(() => Next(new WebSocketAccept(chosen)), Throws.TypeOf<IllegalEventException>().With.Message.Contains(expected));

    [Proves("C-WS-24")]
    [TestCase("sec-websocket-protocol", "v1")]
    [TestCase("Sec-WebSocket-Extensions", "x")]
    [TestCase("connection", "close")]
    [TestCase("keep-alive", "5")]
    [TestCase("trailer", "x")]
    [TestCase("upgrade", "websocket")]
    [TestCase("content-length", "0")]
    [TestCase("transfer-encoding", "chunked")]
    [TestCase("x-name", "é")]
    public void Headers_of_the_server_and_text_that_no_header_can_carry_are_refused_on_accept(string name, string value) =>
        Assert.That(() => Next(new WebSocketAccept("v1", new HeaderList { { name, value } })), Throws.TypeOf<IllegalEventException>().With.Message.Contains($"'{name.ToLowerInvariant()}'"));

    [Test]
    public void Other_headers_are_the_applications() =>
        Assert.That(Next(new WebSocketAccept("v1", new HeaderList { { "set-cookie", "a=b" }, { "x-sec-websocket-key", "1" } })), Is.EqualTo(WebSocketPhase.Accepting));

    [TestCase("transfer-encoding", "chunked")]
    [TestCase("connection", "close")]
    [TestCase("keep-alive", "5")]
    [TestCase("upgrade", "h2c")]
    [TestCase("content-length", "abc")]
    [TestCase("content-length", "-1")]
    [TestCase("content-length", "1, 1")]
    [TestCase("x-name", "é")]
    public void Headers_of_the_connection_and_lengths_that_are_none_are_refused_on_denial(string name, string value) =>
        Assert.That(() => Next(new WebSocketDenialStart(403, new HeaderList { { name, value } })), Throws.TypeOf<IllegalEventException>());

    [TestCase(101)]
    [TestCase(199)]
    [TestCase(600)]
    [TestCase(700)]
    public void A_denial_has_a_final_status(int status) =>
        Assert.That(() => Next(new WebSocketDenialStart(status)), Throws.TypeOf<IllegalEventException>().With.Message.Contains($"{status}"));

    [TestCase(403, "4", new[] { 4 }, true)]
    [TestCase(403, "4", new[] { 1, 0, 3 }, true)]
    [TestCase(403, "4", new[] { 5 }, false)]
    [TestCase(403, "4", new[] { 3, 2 }, false)]
    [TestCase(403, "4", new[] { 3 }, false)]
    [TestCase(403, null, new[] { 3, 9 }, true)]
    [TestCase(204, null, new[] { 0 }, true)]
    [TestCase(204, null, new[] { 1 }, false)]
    [TestCase(204, "0", new[] { 0 }, true)]
    [TestCase(304, "17", new[] { 0 }, true)]
    [TestCase(304, "17", new[] { 17 }, false)]
    public void The_body_of_a_denial_fits_its_length_and_its_status(int status, string? length, int[] parts, bool legal)
    {
        WebSocketDenial? denial = null;
        var headers = new HeaderList();
        if (length is not null)
        {
            headers.Add("content-length", length);
        }

        var phase = WebSocketRules.Next(WebSocketPhase.Connecting, new WebSocketDenialStart(status, headers), [], ref denial);
        void Send()
        {
            for (var i = 0; i < parts.Length; i++)
            {
                phase = WebSocketRules.Next(phase, new WebSocketDenialBody(new byte[parts[i]], MoreBody: i < parts.Length - 1), [], ref denial);
            }
        }

        if (legal)
        {
            Send();
            Assert.That((phase, denial!.IsComplete), Is.EqualTo((WebSocketPhase.Denied, true)));
        }
        else
        {
            Assert.That(Send, Throws.TypeOf<IllegalEventException>());
        }
    }

    [Test]
    public void A_length_of_204_is_refused_and_so_is_a_second_length()
    {
        Assert.That(() => Next(new WebSocketDenialStart(204, new HeaderList { { "content-length", "3" } })), Throws.TypeOf<IllegalEventException>());
        Assert.That(() => Next(new WebSocketDenialStart(403, new HeaderList { { "content-length", "3" }, { "content-length", "3" } })), Throws.TypeOf<IllegalEventException>());
    }

    [Proves("C-WS-28")]
    [TestCase(999, false)]
    [TestCase(1000, true)]
    [TestCase(1003, true)]
    [TestCase(1004, false)]
    [TestCase(1005, false)]
    [TestCase(1006, false)]
    [TestCase(1007, true)]
    [TestCase(1014, true)]
    [TestCase(1015, false)]
    [TestCase(2999, false)]
    [TestCase(3000, true)]
    [TestCase(4999, true)]
    [TestCase(5000, false)]
    [TestCase(-1, false)]
    public void A_close_has_a_code_for_the_wire(int code, bool legal)
    {
        WebSocketDenial? denial = null;
        Assert.That(WebSocketRules.IsCloseCode(code), Is.EqualTo(legal));
        foreach (var phase in new[] { WebSocketPhase.Open, WebSocketPhase.Ending, WebSocketPhase.Accepting })
        {
            void Close() => WebSocketRules.Next(phase, new WebSocketClose(code), [], ref denial);
            Assert.That(Close, legal ? Throws.Nothing : Throws.TypeOf<IllegalEventException>().With.Message.Contains($"{code}"));
        }
    }

    [Test]
    [Proves("C-WS-17")]
    public void A_close_reason_fits_its_frame()
    {
        WebSocketDenial? denial = null;
        Assert.That(WebSocketRules.Next(WebSocketPhase.Open, new WebSocketClose(1000, new string('x', 123)), [], ref denial), Is.EqualTo(WebSocketPhase.Closed));
        Assert.That(() => WebSocketRules.Next(WebSocketPhase.Open, new WebSocketClose(1000, new string('é', 62)), [], ref denial), Throws.TypeOf<IllegalEventException>().With.Message.Contains("123"));
    }

    /// <summary>What the server says is proved over sockets; this is the other one.</summary>
    [Test]
    public async Task Communicators_refuse_with_the_same_text()
    {
        await using var socket = Communicator.WebSocket(
            async (_, receive, send) =>
            {
                await receive();
                await send(WebSocketSend.FromText("early"));
            },
            "/");
        await socket.SendInputAsync(WebSocketConnect.Instance);
        Assert.That(() => socket.WaitAsync(), Throws.TypeOf<IllegalEventException>().With.Message.EqualTo(WebSocketRules.Refusal(WebSocketPhase.Connecting, WebSocketSend.FromText("early")).Message));
    }

    private static WebSocketPhase Next(Event message)
    {
        WebSocketDenial? denial = null;
        return WebSocketRules.Next(WebSocketPhase.Connecting, message, ["v1"], ref denial);
    }
}
