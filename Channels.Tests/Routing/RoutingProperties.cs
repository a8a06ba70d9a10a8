using System.Text.RegularExpressions;
using Channels.Routing;
using Channels.Tests.Applications;
using Channels.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace Channels.Tests.Routing;

[TestFixture]
public sealed class RoutingProperties
{
    private static readonly string[] PathWords = ["a", "a", "b", "7", "a7", "x.y"];

    private static Config Thorough => Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Test]
    [Proves("C-ROUTE-12")]
    public void Nested_routers_are_the_same_as_flat_ones()
    {
        var cases =
            from routes in Several(TwoPartTemplate(), 1, 6)
            from path in Path()
            select (Routes: routes, Path: path);
        Prop.ForAll(cases.ToArbitrary(), c => Find(Flat(c.Routes), c.Path) == Find(Nested(c.Routes), c.Path)).Check(Thorough);
    }

    [Test]
    public void The_order_of_declaration_decides_as_if_every_route_were_tried()
    {
        var cases =
            from routes in Several(TwoPartTemplate(), 1, 12)
            from path in Path()
            select (Routes: routes, Path: path);
        Prop.ForAll(cases.ToArbitrary(), c => Find(Flat(c.Routes), c.Path) == FindOneByOne(c.Routes, c.Path)).Check(Thorough);
    }

    [Test]
    public void No_path_makes_a_router_fail()
    {
        var router = new UrlRouter
        {
            { "a/{x:int}/{y:slug}", new Probe() },
            { "{x:uuid}/{**rest}", new Probe() },
            { new Regex(@"(?<a>\w+)-(\d+)"), new Probe() },
            { "a/", new Passing(new UrlRouter { { "pre-{x:long}.txt", new Probe() }, { "{p:path}/", new Probe() } }) },
        };
        Prop.ForAll(ArbMap.Default.ArbFor<string?>(), text =>
        {
            Serve(router, "/" + text);
            Serve(router, "/a/" + text);
            Serve(router, text ?? "");
        }).Check(Thorough);
    }

    [Test]
    public void Any_text_is_a_template_or_a_mistake_with_its_position()
    {
        var text = Gen.Elements("a", "{", "}", "/", ":", "int", "**", "<", "{x}", "{y:int}", "{**z}", "é").ListOf().Select(parts => string.Concat(parts));
        Prop.ForAll(text.ToArbitrary(), template =>
        {
            var router = new UrlRouter { { template, new Probe() } };
            try
            {
                router.Prepare(NoServices.Instance);
            }
            catch (InvalidOperationException error)
            {
                return error.Message.Contains("position", StringComparison.Ordinal);
            }

            Serve(router, "/" + template);
            return true;
        }).Check(Thorough);
    }

    private static Gen<T[]> Several<T>(Gen<T> items, int least, int most) =>
        from count in Gen.Choose(least, most)
        from several in items.ArrayOf(count)
        select several;

    // Placeholders are named after their place, so that the two levels of a route never share a name.
    private static Gen<(string Outer, string Inner)> TwoPartTemplate() =>
        from outer in Part("o")
        from inner in Part("i")
        from slash in Gen.Elements("", "/")
        from end in Gen.Elements("", "/")
        select (outer + (outer.Length == 0 ? "" : inner.Length == 0 ? "/" : slash), inner + (inner.Length == 0 ? "" : end));

    private static Gen<string> Part(string name) =>
        Several(Gen.Elements("a", "b", "7", "{}", "{:int}", "{:slug}", "a{:int}"), 0, 2)
            .Select(words => string.Join('/', words.Select((word, i) => word.Replace("{", $"{{{name}{i}", StringComparison.Ordinal))));

    private static Gen<string> Path() =>
        from words in Several(Gen.Elements(PathWords), 0, 4)
        from end in Gen.Elements("", "/")
        select "/" + string.Join('/', words) + (words.Length == 0 ? "" : end);

    private static UrlRouter Flat((string Outer, string Inner)[] routes)
    {
        var router = new UrlRouter();
        for (var i = 0; i < routes.Length; i++)
        {
            router.Add(UrlRoute.Join(routes[i].Outer, routes[i].Inner), new Numbered(i));
        }

        return router;
    }

    private static UrlRouter Nested((string Outer, string Inner)[] routes)
    {
        var router = new UrlRouter();
        for (var i = 0; i < routes.Length; i++)
        {
            router.Add(routes[i].Outer, new Passing(new UrlRouter { { routes[i].Inner, new Numbered(i) } }));
        }

        return router;
    }

    private static string FindOneByOne((string Outer, string Inner)[] routes, string path)
    {
        for (var i = 0; i < routes.Length; i++)
        {
            if (Find(new UrlRouter { { UrlRoute.Join(routes[i].Outer, routes[i].Inner), new Numbered(i) } }, path) is var found and not "404")
            {
                return found;
            }
        }

        return "404";
    }

    private static string Find(UrlRouter router, string path) => Serve(router, path) is [HttpResponseStart { Headers: { } headers } start, ..]
        ? start.Status == 200 ? headers["found"]! : $"{start.Status}"
        : "nothing";

    // The applications here never wait, so that their task has ended when it is returned.
    private static IReadOnlyList<Event> Serve(UrlRouter router, string path)
    {
        var serving = Conversation.RunAsync(router, Conversation.Http(path));
        Assert.That(serving.IsCompleted, Is.True);
        return serving.GetAwaiter().GetResult().Sent;
    }

    private sealed class Numbered(int number) : IApplicationNode
    {
        public string Description => "Numbered";

        public IReadOnlyList<ApplicationBranch> Branches => [];

        public static implicit operator Application(Numbered node) => node.InvokeAsync;

        public void Prepare(IServiceProvider services)
        {
        }

        private async Task InvokeAsync(Scope scope, Receive receive, Send send)
        {
            var values = scope.Route.Values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}={v.Value}");
            await send(new HttpResponseStart(200, new HeaderList { { "found", $"{number} {string.Join(' ', values)} {scope.Route.Remaining}" } }));
            await send(new HttpResponseBody());
        }
    }
}
