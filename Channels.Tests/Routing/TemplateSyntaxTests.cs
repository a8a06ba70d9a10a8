using Channels.Routing;
using Channels.Tests.Applications;
using Channels.Tests.Support;

namespace Channels.Tests.Routing;

[TestFixture]
public sealed class TemplateSyntaxTests
{
    [TestCase("ws/{room", 3, "'{' is never closed")]
    [TestCase("ws/room}", 7, "'}' closes nothing")]
    [TestCase("ws/<int:id>/", 3, "written in braces")]
    [TestCase("ws//x", 3, "a segment is empty")]
    [TestCase("//x", 1, "a segment is empty")]
    [TestCase("ws/?x=1", 3, "'?' never stands in a path")]
    [TestCase("ws/a b", 4, "white space")]
    [TestCase("{room:}/", 6, "the converter '' is not known")]
    [TestCase("{room:integer}/", 6, "the converter 'integer' is not known; known are: group, int, long, path, slug, str, uuid")]
    [TestCase("{}", 1, "'' is not a placeholder's name")]
    [TestCase("{1st}", 1, "'1st' is not a placeholder's name")]
    [TestCase("{a-b}", 1, "'a-b' is not a placeholder's name")]
    [TestCase("{ä}", 1, "is not a placeholder's name")]
    [TestCase("{*rest}", 1, "'{**rest}' takes the rest")]
    [TestCase("{**}", 3, "'' is not a placeholder's name")]
    [TestCase("{a}/x/{a}", 7, "the placeholder 'a' occurs twice")]
    [TestCase("{a}{b}", 3, "one segment holds one placeholder")]
    [TestCase("{a:path}/edit", 13, "takes the rest of the path, so that nothing can follow it")]
    [TestCase("x{a:path}", 9, "must stand alone")]
    public void A_mistake_is_reported_at_its_position_when_the_program_starts(string template, int position, string why) => Assert.That(
        () => new UrlRouter { { template, new Probe() } }.Prepare(NoServices.Instance),
        Throws.InvalidOperationException.With.Message.StartsWith($"The template '{template}' is not valid at position {position}: ").And.Message.Contains(why));

    [Test]
    public void Default_arguments_have_names_of_their_own()
    {
        Assert.That(() => new UrlRouter { { "a/", new Probe(), ("x", 1), ("x", 2) } }.Prepare(NoServices.Instance), Throws.InvalidOperationException.With.Message.Contains("two default arguments named 'x'"));
        Assert.That(() => new UrlRouter { { "a/", new Probe(), ("", 1) } }.Prepare(NoServices.Instance), Throws.InvalidOperationException);
    }

    [Test]
    [Proves("C-ROUTE-19")]
    public void A_route_without_an_application_is_rejected_at_construction() => Assert.That(
        () => new UrlRouter { { "a/", (Application)null! } },
        Throws.ArgumentNullException);
}
