using Channels.Routing;
using Channels.Tests.Applications;
using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels.Tests.Security;

[TestFixture]
public sealed class AllowedHostsTests
{
    [TestCase("example.com", "https://example.com", true)]
    [TestCase("example.com", "https://www.example.com", false)]
    [TestCase("*.example.com", "https://www.example.com", true)]
    [TestCase("*.example.com", "https://a.b.example.com", true)]
    [TestCase("*.example.com", "https://example.com", false)]
    [TestCase("*.example.com", "https://evilexample.com", false)]
    [TestCase(".example.com", "https://example.com", true)]
    [TestCase("*", "https://anything.example", true)]
    public async Task Hosts_given_in_code(string host, string origin, bool allowed) =>
        Assert.That(await AllowsAsync(AllowedHosts.Wrap(Accepting, host), origin), Is.EqualTo(allowed));

    [TestCase("https://a.example", true)]
    [TestCase("https://x.b.example", true)]
    [TestCase("https://b.example", false)]
    [TestCase("http://localhost", false)]
    public async Task Hosts_are_read_from_configuration_at_start(string origin, bool allowed)
    {
        await using var services = Services("Development", "a.example; *.b.example;");
        Application application = AllowedHosts.Wrap(Accepting);
        ApplicationTree.Prepare(application, services);
        Assert.That(await AllowsAsync(application, origin), Is.EqualTo(allowed));
    }

    [TestCase("http://localhost:5173", true)]
    [TestCase("http://127.0.0.1:8000", true)]
    [TestCase("http://[::1]:8000", true)]
    [TestCase("http://example.com", false)]
    public async Task In_development_without_configuration_only_this_machine_is_allowed(string origin, bool allowed)
    {
        await using var services = Services("Development", null);
        Application application = AllowedHosts.Wrap(Accepting);
        ApplicationTree.Prepare(application, services);
        Assert.That(await AllowsAsync(application, origin), Is.EqualTo(allowed));
    }

    [Test]
    public async Task In_production_without_configuration_the_start_fails_with_the_remedy()
    {
        await using var services = Services("Production", null);
        Assert.That(() => ApplicationTree.Prepare(AllowedHosts.Wrap(Accepting), services), Throws.InvalidOperationException
            .With.Message.StartsWith("AllowedHosts cannot start").And.Message.Contains("configuration key 'AllowedHosts'"));
        Assert.That(await AllowsAsync(AllowedHosts.Wrap(Accepting), "http://localhost"), Is.False, "unprepared, nothing is known and nothing allowed");
    }

    [TestCase("http://example.com", true)]
    [TestCase("http://evil.example", false)]
    public async Task A_configured_star_still_demands_the_requests_own_host(string origin, bool allowed)
    {
        await using var services = Services("Production", "*");
        Application application = AllowedHosts.Wrap(Accepting);
        ApplicationTree.Prepare(application, services);
        Assert.That(await AllowsAsync(application, origin, "example.com"), Is.EqualTo(allowed));
    }

    [Test]
    [Proves("SEC-02")]
    public async Task A_missing_origin_is_refused_unless_told_otherwise()
    {
        Assert.That(await AllowsAsync(AllowedHosts.Wrap(Accepting, "example.com"), null), Is.False);
        Assert.That(await AllowsAsync(AllowedHosts.Wrap(Accepting, MissingOrigin.Allow, "example.com"), null), Is.True);

        await using var services = Services("Production", "*");
        Application strict = AllowedHosts.Wrap(Accepting);
        Application lenient = AllowedHosts.Wrap(Accepting, MissingOrigin.Allow);
        ApplicationTree.Prepare(strict, services);
        ApplicationTree.Prepare(lenient, services);
        Assert.That(await AllowsAsync(strict, null), Is.False);
        Assert.That(await AllowsAsync(lenient, null), Is.True);
    }

    [Test]
    [Proves("C-ORIGIN-07")]
    public void Another_protocol_is_an_error() => Assert.That(
        async () => await Conversation.RunAsync(AllowedHosts.Wrap(Accepting, "*"), new HttpScope { Path = "/" }),
        Throws.TypeOf<UnsupportedScopeException>().With.Message.Contains("AllowedHosts"));

    [Test]
    public async Task A_validator_that_lets_in_replaces_the_doors_rule_for_its_subtree_only()
    {
        Application root = new UrlRouter
        {
            { "checked/", AllowedHosts.Wrap(Accepting, "a.example") },
            { "free/", Accepting },
        };
        Assert.That(OriginDecision.IsExpectedIn(root), Is.True);
        Assert.That(OriginDecision.IsExpectedIn(new UrlRouter { { "free/", Accepting } }), Is.False);

        Assert.That(await ReplacesAsync(root, "/checked/", "http://a.example"), Is.True);
        Assert.That(await ReplacesAsync(root, "/checked/", "http://b.example"), Is.False);
        Assert.That(await ReplacesAsync(root, "/free/", "http://a.example"), Is.False);
    }

    private static async Task<bool> ReplacesAsync(Application root, string path, string origin)
    {
        var decision = new OriginDecision();
        await Conversation.RunAsync(root, new WebSocketScope { Path = path, Headers = new RawHeaders(origin) }.With(OriginDecision.Key, decision));
        return decision.IsMade;
    }

    private static async Task<bool> AllowsAsync(Application application, string? origin, string host = "localhost")
    {
        var headers = new HeaderList { { "host", host } };
        if (origin is not null)
        {
            headers.Add("origin", origin);
        }

        return (await Conversation.RunAsync(application, new WebSocketScope { Path = "/", Headers = headers })).Sent is [WebSocketAccept];
    }

    private static ServiceProvider Services(string environment, string? hosts)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(hosts is null ? [] : [new(AllowedHosts.ConfigurationKey, hosts)])
            .Build();
        return new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddSingleton<IHostEnvironment>(new TestEnvironment(environment))
            .BuildServiceProvider();
    }

    private static async Task Accepting(Scope scope, Receive receive, Send send)
    {
        await receive();
        await send(new WebSocketAccept());
    }
}
