using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Channels.Routing;
using Channels.Tests.Applications;
using Channels.Tests.Support;

namespace Channels.Tests.Routing;

[TestFixture]
public sealed class HostilePathTests
{
    private const string Backtracking = @"^(?=a)(a+)+\z";

    private readonly Probe _probe = new();

    private static string Hostile => "/" + new string('a', 8 * 1024) + "!";

    [Test]
    [Proves("SEC-73")]
    public void Expressions_run_without_backtracking_where_their_constructs_allow_it()
    {
        Assert.That(new RegexPattern(new Regex(@"^room/(?<room>[-\w]+)/\z", RegexOptions.Compiled)).IsLinear, Is.True);
        Assert.That(new RegexPattern(new Regex(Backtracking)).IsLinear, Is.False);
        Assert.That(new RegexPattern(new Regex("a", RegexOptions.ECMAScript)).IsLinear, Is.False);
        Assert.That(new RegexPattern(new Regex("a", RegexOptions.RightToLeft)).IsLinear, Is.False);
    }

    [Test]
    [Proves("SEC-73")]
    public async Task A_hostile_path_is_soon_refused()
    {
        Application router = new UrlRouter
        {
            { new Regex("^(a+)+$"), _probe },
            { new Regex("(a|aa)+b"), _probe },
            { "{x:slug}/", _probe },
            { "{x:int}/{**rest}", _probe },
            { "a/{x}/", _probe },
        };
        var refused = Conversation.RunAsync(router, Conversation.WebSocket(Hostile));

        // Exponential work would not end in a lifetime; the bound only has to tell the two apart on a busy machine.
        Assert.That((await refused.WaitAsync(TimeSpan.FromSeconds(20))).Status(), Is.EqualTo(404));
    }

    [Test]
    [Proves("SEC-73")]
    public async Task An_expression_that_takes_too_long_answers_400_is_counted_and_logged()
    {
        var metrics = new ChannelsMetrics();
        var counted = new List<string?>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter, metrics.Meter))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => counted.Add($"{instrument.Name} {value} {tags[0].Value}"));
        listener.Start();

        var logs = new LogList(metrics: metrics);
        Application router = new UrlRouter { { "x/", new UrlRouter { { new Regex(Backtracking), _probe } } }, { "{**rest}", _probe } };
        var conversation = await Conversation.RunAsync(router, Conversation.WebSocket("/x" + Hostile, services: logs));

        Assert.That(conversation.Status(), Is.EqualTo(400));
        Assert.That(_probe.Called, Is.False);
        Assert.That(counted, Is.EqualTo(new[] { "channels.routing.timeouts 1 " + Backtracking }));
        Assert.That(logs.Lines.Single(), Does.StartWith("Warning 4002: Refused websocket with a path of 8196 characters"));
    }

    [TestCase("/////////////////")]
    [TestCase("/%2e%2e/\0/\u202e/\ud800")]
    [TestCase("")]
    [TestCase("no slash")]
    public async Task Odd_paths_are_paths_like_others(string path)
    {
        var conversation = await Conversation.RunAsync(new UrlRouter { { "a/{x}/", _probe } }, Conversation.Http(path));
        Assert.That(conversation.Status(), Is.EqualTo(404));
    }

    [Test]
    public void A_thousand_routes_leave_only_the_candidates_of_the_path()
    {
        var routes = new List<UrlRoute>();
        for (var i = 0; i < 1000; i++)
        {
            routes.Add(Route($"api/section{i}/{{id:int}}/"));
        }

        routes.Insert(500, Route("api/{any}/{id}/"));
        routes.Insert(0, Route("{**rest}"));
        var index = new RouteIndex(routes);

        Assert.That(Candidates(index, "api/section700/1/"), Is.EqualTo(new[] { 0, 501, 702 }));
        Assert.That(Candidates(index, "api/section700"), Is.EqualTo(new[] { 0, 501, 702 }));
        Assert.That(Candidates(index, "other"), Is.EqualTo(new[] { 0 }));
        Assert.That(Candidates(index, ""), Is.EqualTo(new[] { 0 }));
    }

    private static List<int> Candidates(RouteIndex index, string path)
    {
        var found = new List<int>();
        var place = index.Find(path, 0);
        for (var i = place.Next(-1); i >= 0; i = place.Next(i))
        {
            found.Add(i);
        }

        return found;
    }

    private static UrlRoute Route(string template) => new(new TemplatePattern(template, BuiltInConverters.All), new Probe(), []);
}
