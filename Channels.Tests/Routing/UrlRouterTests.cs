using System.Text.RegularExpressions;
using Channels.Routing;
using Channels.Tests.Applications;
using Channels.Tests.Support;

namespace Channels.Tests.Routing;

[TestFixture]
public sealed class UrlRouterTests
{
    private readonly Probe _probe = new();
    private readonly Probe _other = new();

    private static async Task<bool> FindsAsync(Application router, string path, Probe probe, string root = "")
    {
        await Conversation.RunAsync(router, Conversation.WebSocket(path, root));
        return probe.Called;
    }

    [TestCase("/", true)]
    [TestCase("//", true)]
    [TestCase("/x", false)]
    [TestCase("/x/", false)]
    [Proves("C-ROUTE-03")]
    public async Task An_empty_template_matches_the_root_and_nothing_else(string path, bool expected) =>
        Assert.That(await FindsAsync(new UrlRouter { { "", _probe } }, path, _probe), Is.EqualTo(expected));

    [TestCase("/bar/", true)]
    [TestCase("/bar/baz/", true)]
    [TestCase("/foobar", true)]
    [TestCase("/ba", false)]
    [Proves("C-ROUTE-04")]
    public async Task A_regular_expression_is_searched_for_unless_anchored(string path, bool expected) =>
        Assert.That(await FindsAsync(new UrlRouter { { new Regex("bar"), _probe } }, path, _probe), Is.EqualTo(expected));

    [TestCase("/bar/", true)]
    [TestCase("/bar/baz/", false)]
    [TestCase("/foobar/", false)]
    [Proves("C-ROUTE-04")]
    public async Task Anchors_are_the_authors(string path, bool expected) =>
        Assert.That(await FindsAsync(new UrlRouter { { new Regex(@"^bar/\z"), _probe } }, path, _probe), Is.EqualTo(expected));

    [Test]
    [Proves("C-ROUTE-05")]
    public async Task Positional_groups_are_arguments_as_text()
    {
        await FindsAsync(new UrlRouter { { new Regex(@"^article/(\d+)/(\w+)?"), _probe } }, "/article/42/", _probe);
        Assert.That(_probe.Route.Arguments, Is.EqualTo(new[] { "42", "" }));
        Assert.That(_probe.Route.Values, Is.Empty);
    }

    [Test]
    [Proves("C-ROUTE-05")]
    public async Task Positional_groups_are_dropped_beside_named_ones()
    {
        await FindsAsync(new UrlRouter { { new Regex(@"^(\d+)/(?<name>\w+)(?<missing>!)?"), _probe } }, "/42/x", _probe);
        Assert.That(_probe.Route.Arguments, Is.Empty);
        Assert.That(_probe.Route.Values, Is.EquivalentTo(new Dictionary<string, object?> { ["name"] = "x" }));
    }

    [Test]
    [Proves("C-ROUTE-06")]
    public async Task Placeholders_are_converted_values()
    {
        var id = Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");
        await FindsAsync(new UrlRouter { { "{a}/{b:int}/{c:long}/{d:slug}/{e:uuid}/{f:path}", _probe } }, $"/text.x/007/9999999999/a-B_9/{id:D}/p/q/", _probe);
        Assert.That(_probe.Route.Values, Is.EquivalentTo(new Dictionary<string, object?>
        {
            ["a"] = "text.x",
            ["b"] = 7,
            ["c"] = 9999999999L,
            ["d"] = "a-B_9",
            ["e"] = id,
            ["f"] = "p/q/",
        }));
        Assert.That(_probe.Route.Get<int>("b"), Is.EqualTo(7));
        Assert.That(_probe.Route["e"], Is.EqualTo("0f8fad5b-d9cb-469f-a165-70867728950e"));
    }

    [TestCase("{x:int}", "12a")]
    [TestCase("{x:int}", "-1")]
    [TestCase("{x:int}", "99999999999")]
    [TestCase("{x:int}", "١٢", TestName = "{m}(Arabic digits)")]
    [TestCase("{x:int}", "12\0")]
    [TestCase("{x:long}", "99999999999999999999")]
    [TestCase("{x:group}", "a b")]
    [TestCase("{x:group}", "a!b")]
    [TestCase("{x:group}", "ä")]
    [TestCase("{x:group}", "0123456789012345678901234567890123456789012345678901234567890123456789012345678901")]
    [TestCase("{x:slug}", "a.b")]
    [TestCase("{x:slug}", "a\n")]
    [TestCase("{x:slug}", "ä")]
    [TestCase("{x:uuid}", "0F8FAD5B-D9CB-469F-A165-70867728950E")]
    [TestCase("{x:uuid}", "0f8fad5bd9cb469fa16570867728950e")]
    [TestCase("{x}", "")]
    [TestCase("{x}", "a/b")]
    [TestCase("{x:path}", "")]
    [TestCase("x{x}", "x")]
    [Proves("C-ROUTE-06", "SEC-51")]
    public async Task Text_a_converter_refuses_is_no_match(string template, string path) =>
        Assert.That(await FindsAsync(new UrlRouter { { template, _probe } }, "/" + path, _probe), Is.False);

    [Test]
    [Proves("C-ROUTE-07")]
    public async Task Default_arguments_are_values()
    {
        await FindsAsync(new UrlRouter { { "x/{id:int}/", _probe, ("kind", "news"), ("limit", 10) } }, "/x/1/", _probe);
        Assert.That(_probe.Route.Values, Is.EquivalentTo(new Dictionary<string, object?> { ["id"] = 1, ["kind"] = "news", ["limit"] = 10 }));
    }

    [Test]
    [Proves("C-ROUTE-08")]
    public async Task A_default_argument_replaces_a_capture_of_its_name()
    {
        await FindsAsync(new UrlRouter { { "x/{kind}/", _probe, ("kind", "news") } }, "/x/sport/", _probe);
        Assert.That(_probe.Route["kind"], Is.EqualTo("news"));
    }

    [TestCase("/root/foo/", "/root", true)]
    [TestCase("/root/foo/", "/root/", true)]
    [TestCase("/foo/", "/root", false)]
    [TestCase("/rootfoo/", "/root", false, TestName = "The_root_path_ends_at_a_segment")]
    [Proves("C-ROUTE-09", "C-ROUTE-10")]
    public async Task The_root_path_is_taken_off(string path, string root, bool expected) =>
        Assert.That(await FindsAsync(new UrlRouter { { "foo/", _probe } }, path, _probe, root), Is.EqualTo(expected));

    [Test]
    [Proves("C-ROUTE-09")]
    public async Task The_root_itself_is_the_empty_path()
    {
        Assert.That(await FindsAsync(new UrlRouter { { "", _probe } }, "/root", _probe, "/root"), Is.True);
        Assert.That(_probe.Route.Remaining, Is.Empty);
    }

    [TestCase("chat/", "/chat", true)]
    [TestCase("chat/", "/chat/", true)]
    [TestCase("chat/", "/chat//", false)]
    [TestCase("chat", "/chat", true)]
    [TestCase("chat", "/chat/", false)]
    [TestCase("/chat/", "/chat/", true)]
    [TestCase("Chat/", "/chat/", false)]
    [TestCase("chat/{x}/", "/chat/y", true)]
    [TestCase("chat/{x}/", "/chat/", false)]
    [TestCase("files/{x:path}/", "/files/a/b/", true)]
    [TestCase("{**rest}", "/", true)]
    [TestCase("{**rest}", "/a/b", true)]
    [TestCase("files/{**rest}", "/files", true)]
    [TestCase("files/{**rest}", "/file", false)]
    [TestCase("user-{id:int}.json", "/user-7.json", true)]
    [TestCase("user-{id:int}.json", "/user-7.xml", false)]
    [TestCase("a{{b}}", "/a{b}", true)]
    public async Task A_slash_at_the_end_of_a_template_is_optional_in_the_path(string template, string path, bool expected) =>
        Assert.That(await FindsAsync(new UrlRouter { { template, _probe } }, path, _probe), Is.EqualTo(expected));

    [Test]
    public async Task The_first_matching_route_in_declaration_order_wins()
    {
        var router = new UrlRouter { { "a/{x}/", _probe }, { "a/b/", _other } };
        await FindsAsync(router, "/a/b/", _other);
        Assert.That((_probe.Called, _other.Called), Is.EqualTo((true, false)));

        var reversed = new UrlRouter { { "a/b/", _other }, { "a/{x}/", _probe } };
        Assert.That(await FindsAsync(reversed, "/a/b/", _other), Is.True);
    }

    [Test]
    public async Task The_match_tells_template_and_remaining_path()
    {
        await FindsAsync(new UrlRouter { { "a/", new UrlRouter { { new Regex("^b"), _probe } } } }, "/a/bc", _probe);
        Assert.That(_probe.Route.Template, Is.EqualTo("a/^b"));
        Assert.That(_probe.Route.Remaining, Is.EqualTo("c"));
    }

    [Test]
    public async Task A_custom_converter_belongs_to_its_router()
    {
        var router = new UrlRouter(("year", new YearConverter())) { { "{y:year}/", _probe } };
        Assert.That(await FindsAsync(router, "/99", _probe), Is.False);
        Assert.That(await FindsAsync(router, "/1999", _probe), Is.True);
        Assert.That(_probe.Route.Get<DateOnly>("y"), Is.EqualTo(new DateOnly(1999, 1, 1)));
        Assert.That(() => new UrlRouter { { "{y:year}/", _probe } }.Prepare(NoServices.Instance), Throws.InvalidOperationException.With.Message.Contains("'year' is not known; known are: group, int, long, path, slug, str, uuid"));
        Assert.That(() => new UrlRouter(("int", new YearConverter())), Throws.ArgumentException.With.Message.Contains("'int' exists already"));
    }

    [Test]
    [Proves("C-ROUTE-20")]
    public void A_scope_without_a_path_is_refused() => Assert.That(
        async () => await new Conversation().ServeAsync(new UrlRouter { { "", _probe } }, new ChannelScope("x")),
        Throws.TypeOf<UnsupportedScopeException>().With.Message.Contains("'channel'").And.Message.Contains("http, websocket"));

    [Test]
    public async Task No_route_can_be_added_once_the_router_is_in_use()
    {
        var router = new UrlRouter { { "a/", _probe } };
        await FindsAsync(router, "/a/", _probe);
        Assert.That(() => router.Add("b/", _other), Throws.InvalidOperationException.With.Message.Contains("'b/'"));
    }

    private sealed class YearConverter : IPathConverter
    {
        public bool TryConvert(ReadOnlySpan<char> text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out object? value)
        {
            value = text.Length == 4 && int.TryParse(text, out var year) && year > 0 ? new DateOnly(year, 1, 1) : null;
            return value is not null;
        }
    }
}
