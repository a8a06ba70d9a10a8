using Channels.Layers.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.Tests.Layers.Redis;

/// <summary>What whoever waits for a link's first attempt may count on.</summary>
public sealed class RedisLinkTests : RedisTestBase
{
    [Test]
    public async Task When_the_first_attempt_has_ended_well_the_work_on_the_connection_has_begun()
    {
        var server = await StartServerAsync();
        var begun = false;
        using var pause = new ManualResetEventSlim();
        var settings = new RedisLinkSettings("default", new RedisLayerOptions(), TimeProvider.System, NullLogger.Instance);
        await using var link = new RedisLink(settings, RedisHostAddress.Parse(server.Address), RedisLinkRole.Commands, (_, cancellationToken) =>
        {
            pause.Wait(TimeSpan.FromMilliseconds(200), CancellationToken.None); // a thread that is held up here must not matter
            Volatile.Write(ref begun, true);
            return Task.Delay(Timeout.Infinite, cancellationToken);
        });
        await link.StartAsync();
        Assert.That(Volatile.Read(ref begun)); // else a group that is joined now is not subscribed when the join returns (R-PUB-12)
    }
}
