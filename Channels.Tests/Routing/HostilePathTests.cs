using System.Text.RegularExpressions;
using Channels.Routing;
using Channels.Tests.Applications;
using Channels.Tests.Support;

namespace Channels.Tests.Routing;

[TestFixture]
public sealed class HostilePathTests
{
    private readonly Probe _probe = new();

    private static string Hostile => "/" + new string('a', 8 * 1024) + "!";

    [TestCase(@"^(?=a)(a+)+\z")]
    [TestCase(@"(?!x)y")]
    [TestCase(@"(?<=x)y")]
    [TestCase(@"(a)\1")]
    [TestCase(@"(?>a+)b")]
    [TestCase(@"(?(a)b|c)")]
    [TestCase("a", RegexOptions.ECMAScript)]
    [TestCase("a", RegexOptions.RightToLeft)]
    [Proves("SEC-73")]
    [Proves("FG-15")]
    public void An_expression_that_works_only_by_backtracking_is_refused_when_the_program_starts(string expression, RegexOptions options = RegexOptions.None) =>
        Assert.That(() => new UrlRouter { { new Regex(expression, options), _probe } }.Prepare(NoServices.Instance), Throws.InvalidOperationException.With.Message.Contains($"'{expression}' works only by backtracking"));

    [Test]
    [Proves("SEC-73")]
    public void Compiled_expressions_are_made_anew() =>
        Assert.That(() => new UrlRouter { { new Regex(@"^room/(?<room>[-\w]+)/\z", RegexOptions.Compiled | RegexOptions.IgnoreCase), _probe } }.Prepare(NoServices.Instance), Throws.Nothing);

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
        var refused = Task.Run(() => Conversation.RunAsync(router, Conversation.WebSocket(Hostile))); // matching is done before there is a task to wait for

        // Exponential work would not end in a lifetime; the bound only has to tell the two apart on a busy machine.
        Assert.That((await refused.WaitAsync(Eventually.Patience)).Status(), Is.EqualTo(404));
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

    private static UrlRoute Route(string template) => new(null, new TemplatePattern(template, BuiltInConverters.All), new Probe(), []);
}
