using Channels.Routing;
using Channels.Tests.Applications;
using Channels.Tests.Support;

namespace Channels.Tests.Workers;

/// <summary>A worker whose channel leads nowhere stops the start, and hears what would lead somewhere.</summary>
public sealed class WorkerRouteTests
{
    private static readonly Application Serve = WorkerHarness.ChannelFunction((_, _, _) => Task.CompletedTask);

    [Test]
    [Proves("FN-13")]
    public void Without_an_entry_for_channels_the_remedy_is_one_and_routes_of_others_are_no_channels()
    {
        Application root = new ProtocolTypeRouter { ["http"] = new UrlRouter { { "mails", new Probe() } }, ["websocket"] = new UrlRouter { { "jobs/", new Probe() } } };
        Assert.That(() => WorkerHarness.StartAsync("jobs", root), Throws.InvalidOperationException
            .With.Message.Contains("""["channel"] = new ChannelNameRouter { ["jobs"] = … }""").And.Message.Not.Contains("mails"));
    }

    [Test]
    [Proves("FN-13")]
    public void A_channel_that_is_not_routed_hears_of_those_that_are()
    {
        Application root = new ProtocolTypeRouter { ["http"] = new UrlRouter { { "mails", new Probe() } }, ["channel"] = new Passing(new ChannelNameRouter { ["thumbnails"] = Serve, ["mail"] = Serve }) };
        Assert.That(() => WorkerHarness.StartAsync("thumbnials", root), Throws.InvalidOperationException
            .With.Message.Contains("did you mean 'thumbnails'? The ChannelNameRouter has: thumbnails, mail.").And.Message.Not.Contains("mails"));
    }

    [Test]
    [Proves("FN-13")]
    public void A_router_of_paths_serves_no_channel() =>
        Assert.That(() => WorkerHarness.StartAsync("jobs", new UrlRouter { { "jobs", new Probe() } }), Throws.InvalidOperationException.With.Message.Contains("no application serves channels"));

    [Test]
    public async Task Functions_and_routed_channels_are_read()
    {
        using var bare = await WorkerHarness.StartAsync("jobs", Serve);
        using var routed = await WorkerHarness.StartAsync("jobs", new ChannelNameRouter { ["jobs"] = Serve });
        using var nested = await WorkerHarness.StartAsync("jobs", new Passing(new ProtocolTypeRouter { ["channel"] = Serve }));
        foreach (var host in new[] { bare, routed, nested })
        {
            await host.StopAsync();
        }
    }
}
