using Channels.Tests.Support;

namespace Channels.Tests.Protocols;

/// <summary>The rules of an HTTP response, which servers and communicators share: one row for each way through them.</summary>
public sealed class HttpRulesTests
{
    private static readonly HttpResponseStart Ok = new(200);
    private static readonly HttpResponseStart WithTrailers = new(200, Trailers: true);
    private static readonly HttpResponseBody Part = Body("hello", more: true);
    private static readonly HttpResponseBody Last = Body("hello");
    private static readonly HttpResponseBody Empty = new();

    private static IEnumerable<TestCaseData> Legal()
    {
        yield return Row("GET", HttpResponseState.Waiting);
        yield return Row("GET", HttpResponseState.Started, Ok);
        yield return Row("GET", HttpResponseState.Streaming, Ok, Part, Part);
        yield return Row("GET", HttpResponseState.Complete, Ok, Part, Empty);
        yield return Row("GET", HttpResponseState.Trailers, WithTrailers, Part, Last);
        yield return Row("GET", HttpResponseState.Trailers, WithTrailers, Last, new HttpResponseTrailers([], MoreTrailers: true));
        yield return Row("GET", HttpResponseState.Complete, WithTrailers, Last, new HttpResponseTrailers([], MoreTrailers: true), new HttpResponseTrailers([]));
        yield return Row("GET", HttpResponseState.Complete, Length("5"), Last);
        yield return Row("GET", HttpResponseState.Complete, Length("10"), Part, Last);
        yield return Row("GET", HttpResponseState.Complete, Length("5", "5"), Last);
        yield return Row("GET", HttpResponseState.Complete, Length("0"), Empty);
        yield return Row("HEAD", HttpResponseState.Complete, Length("100"), Part);
        yield return Row("HEAD", HttpResponseState.Complete, WithTrailers, Last);
        yield return Row("HEAD", HttpResponseState.Complete, new HttpResponseStart(204, new HeaderList { { "content-length", "0" } }), Empty);
        yield return Row("HEAD", HttpResponseState.Complete, Length("1"), Last);
        yield return Row("GET", HttpResponseState.Complete, new HttpResponseStart(204), Empty);
        yield return Row("GET", HttpResponseState.Complete, new HttpResponseStart(205), Empty);
        yield return Row("GET", HttpResponseState.Complete, new HttpResponseStart(304, new HeaderList { { "content-length", "7" } }), Empty);
        yield return Row("GET", HttpResponseState.Started, new HttpResponseStart(599));
    }

    private static IEnumerable<TestCaseData> Illegal()
    {
        yield return Row("GET", "'http.response.body' is not legal while the connection is waiting for the start of the response; legal now: http.response.start.", Last);
        yield return Row("GET", "legal now: http.response.start.", new HttpResponseTrailers([]));
        yield return Row("GET", "legal now: http.response.start.", new WebSocketAccept());
        yield return Row("GET", "waiting for the first part of the response body; legal now: http.response.body.", Ok, Ok);
        yield return Row("GET", "in the middle of the response body; legal now: http.response.body.", Ok, Part, Ok);
        yield return Row("GET", "in the middle of the response body", Ok, Part, new HttpResponseTrailers([]));
        yield return Row("GET", "waiting for trailers; legal now: http.response.trailers.", WithTrailers, Last, Last);
        yield return Row("GET", "complete; legal now: nothing.", Ok, Last, Last);
        yield return Row("GET", "complete; legal now: nothing.", Ok, Last, new HttpResponseTrailers([]));
        yield return Row("GET", "status 199", new HttpResponseStart(199));
        yield return Row("GET", "status 600", new HttpResponseStart(600));
        yield return Row("GET", "content-length of 'x'", Length("x"));
        yield return Row("GET", "content-length of '-1'", Length("-1"));
        yield return Row("GET", "content-length of '6'", Length("5", "6"));
        yield return Row("GET", "content-length of 4 bytes: 5 bytes so far", Length("4"), Part);
        yield return Row("GET", "content-length of 6 bytes: 5 bytes in all", Length("6"), Last);
        yield return Row("GET", "content-length of 9 bytes: 10 bytes so far", Length("9"), Part, Last);
        yield return Row("GET", "status 204 has no body, but 'http.response.body' carries 5 bytes", new HttpResponseStart(204), Last);
        yield return Row("GET", "status 205 has no body", new HttpResponseStart(205), Part);
        yield return Row("HEAD", "status 304 has no body", new HttpResponseStart(304), Last);
        yield return Row("HEAD", "complete; legal now: nothing.", Ok, Last, Last);
        yield return Row("HEAD", "status 204 has no body; leave out its content-length", new HttpResponseStart(204, new HeaderList { { "content-length", "5" } }));
        yield return Row("GET", "status 205 has no body; leave out its content-length", new HttpResponseStart(205, new HeaderList { { "content-length", "5" } }));
        yield return Row("GET", "content-length of 'x'", new HttpResponseStart(204, new HeaderList { { "content-length", "x" } }));
        yield return Row("GET", "'x-name' of http.response.start is not ASCII", new HttpResponseStart(200, new HeaderList { { "x-name", "é" } }));
        yield return Row("GET", "'x-sum' of http.response.trailers is not ASCII", WithTrailers, Last, new HttpResponseTrailers(new HeaderList { { "x-sum", "é" } }));
    }

    [TestCaseSource(nameof(Legal))]
    public void Legal_events_lead_on(string method, HttpResponseState state, Event[] events)
    {
        var rules = Send(method, events);

        Assert.That(rules.State, Is.EqualTo(state));
        Assert.That(rules.End, state == HttpResponseState.Complete ? Is.SameAs(HttpDisconnect.Instance) : Is.Null);
    }

    [TestCaseSource(nameof(Illegal))]
    public void Illegal_events_are_refused_and_change_nothing(string method, string text, Event[] events)
    {
        var rules = Send(method, events[..^1]);
        var before = rules.State;

        Assert.That(() => rules.Check(events[^1]), Throws.TypeOf<IllegalEventException>().With.Message.Contains(text));
        Assert.That(rules.State, Is.EqualTo(before));
    }

    [Test]
    [Proves("FA-13")]
    public void What_follows_the_headers_of_a_response_to_head_finds_nobody()
    {
        var rules = Send("HEAD", [Ok, Part]);

        Assert.That(rules.EndedEarly, Is.True);
        Assert.That(() => rules.Check(Last), Throws.TypeOf<ConnectionClosedException>());
        Assert.That(() => rules.Check(new HttpResponseTrailers([])), Throws.TypeOf<ConnectionClosedException>());
        Assert.That(() => rules.Check(Ok), Throws.TypeOf<IllegalEventException>());
    }

    [Test]
    public void An_event_that_was_checked_but_could_not_be_sent_leaves_the_response_where_it_was()
    {
        var rules = Send("GET", [Ok]);
        rules.Check(Last);

        Assert.That(rules.State, Is.EqualTo(HttpResponseState.Started));
    }

    [Test]
    public void After_somebody_else_has_answered_nothing_is_legal()
    {
        var rules = Send("GET", [Ok]);
        rules.Finish();

        Assert.That(() => rules.Check(Last), Throws.TypeOf<IllegalEventException>().With.Message.Contains("complete"));
    }

    private static HttpRules Send(string method, Event[] events)
    {
        var rules = new HttpRules(method);
        foreach (var message in events)
        {
            rules.Check(message);
            rules.Advance(message);
        }

        return rules;
    }

    private static HttpResponseBody Body(string text, bool more = false) => new(System.Text.Encoding.ASCII.GetBytes(text), more);

    private static HttpResponseStart Length(params string[] values)
    {
        var headers = new HeaderList();
        foreach (var value in values)
        {
            headers.Add("content-length", value);
        }

        return new(200, headers);
    }

    private static TestCaseData Row(string method, object outcome, params Event[] events) =>
        new TestCaseData(method, outcome, events).SetArgDisplayNames($"{method} {string.Join(", ", events.Select(message => message.Type))}: {outcome}");
}
