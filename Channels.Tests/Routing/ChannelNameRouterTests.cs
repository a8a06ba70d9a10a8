using Channels.Routing;
using Channels.Tests.Applications;
using Channels.Tests.Support;

namespace Channels.Tests.Routing;

[TestFixture]
public sealed class ChannelNameRouterTests
{
    private readonly Probe _thumbnails = new();
    private readonly Probe _mail = new();

    private ChannelNameRouter Router => new() { ["thumbnails"] = _thumbnails, ["mail.send"] = _mail };

    [Test]
    [Proves("C-ROUTE-02")]
    public async Task A_known_channel_dispatches_with_the_scope_unchanged()
    {
        var scope = new ChannelScope("mail.send");
        await new Conversation().ServeAsync(Router, scope);
        Assert.That(_mail.Scope, Is.SameAs(scope));
        Assert.That(_thumbnails.Called, Is.False);
    }

    [TestCase("mail")]
    [TestCase("Mail.send")]
    [TestCase("mail.send!abc")]
    [TestCase("")]
    [Proves("C-ROUTE-02")]
    public void An_unknown_channel_is_an_error_naming_those_that_exist(string channel)
    {
        Application router = Router;
        Assert.That(
            async () => await new Conversation().ServeAsync(router, new ChannelScope(channel)),
            Throws.TypeOf<RouteNotFoundException>().With.Message.Contains($"'{channel}'").And.Message.Contains("it has: thumbnails, mail.send"));
    }

    [Test]
    [Proves("C-ROUTE-02")]
    public void Another_protocol_is_an_error()
    {
        Application router = Router;
        Assert.That(
            async () => await new Conversation().ServeAsync(router, Conversation.Http("/")),
            Throws.TypeOf<UnsupportedScopeException>().With.Message.Contains("ChannelNameRouter").And.Message.Contains("channel"));
    }

    [Test]
    public void Names_are_checked_when_the_program_starts()
    {
        Assert.That(() => new ChannelNameRouter { ["no blanks"] = _mail }.Prepare(NoServices.Instance), Throws.InvalidOperationException.With.Message.Contains("'no blanks' is not a valid channel name"));
        var router = Router;
        router["mail.send"] = _mail;
        Assert.That(() => router.Prepare(NoServices.Instance), Throws.InvalidOperationException.With.Message.Contains("routes the channel 'mail.send' twice"));
        Assert.That(Router["mail.send"].Target, Is.SameAs(_mail));
        Assert.That(() => Router["x"], Throws.TypeOf<KeyNotFoundException>());
    }
}
