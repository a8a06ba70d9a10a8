using Channels.Testing;

namespace Channels.Tests.Testing;

public sealed class LifespanAndChannelCommunicatorTests
{
    [Test]
    public async Task A_lifespan_runs_from_startup_to_shutdown_and_shows_its_state()
    {
        await using var life = Communicator.Lifespan(async (scope, receive, send) =>
        {
            Assert.That(await receive(), Is.TypeOf<LifespanStartup>());
            scope.State!["database"] = "open";
            await send(new LifespanStartupComplete());
            Assert.That(await receive(), Is.TypeOf<LifespanShutdown>());
            await send(new LifespanShutdownComplete());
        });
        await life.StartupAsync();
        Assert.That(life.State["database"], Is.EqualTo("open"));
        await life.ShutdownAsync();
    }

    [Test]
    public async Task A_failed_startup_names_its_reason_and_an_unsupported_scope_comes_through()
    {
        await using var failing = Communicator.Lifespan(async (_, receive, send) =>
        {
            await receive();
            await send(new LifespanStartupFailed("no database"));
        });
        Assert.That(() => failing.StartupAsync(), Throws.TypeOf<CommunicatorException>().With.Message.Contains("no database"));

        await using var without = Communicator.Lifespan((scope, _, _) => throw new UnsupportedScopeException("Test", scope, "http"));
        Assert.That(() => without.StartupAsync(), Throws.TypeOf<UnsupportedScopeException>());
    }

    [Test]
    public async Task A_channel_hands_its_messages_to_the_application()
    {
        var seen = new List<string>();
        await using var worker = Communicator.Channel(
            async (scope, receive, _) =>
            {
                seen.Add(((ChannelScope)scope).Channel);
                seen.Add(((ChannelMessage)await receive()).Type);
            },
            "thumbnails");
        await worker.SendAsync(new ChannelMessage("make.thumbnail"));
        await worker.WaitAsync();
        Assert.That(seen, Is.EqualTo(new[] { "thumbnails", "make.thumbnail" }));
    }
}
