using Channels.Layers.Redis;
using Channels.Tests.Support;
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
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var release = new ManualResetEventSlim();
        var settings = new RedisLinkSettings("default", new RedisLayerOptions { ConnectTimeout = Eventually.Patience }, TimeProvider.System, NullLogger.Instance);
        await using var link = new RedisLink(settings, RedisHostAddress.Parse(server.Address), RedisLinkRole.Commands, (_, cancellationToken) =>
        {
            entered.SetResult();
            release.Wait(Eventually.Patience, CancellationToken.None); // a thread that is held up here must not matter
            Volatile.Write(ref begun, true);
            return Task.Delay(Timeout.Infinite, cancellationToken);
        });
        var started = Task.Run(async () => await link.StartAsync());
        await entered.Task;
        Assert.That(started.IsCompleted, Is.False, "the work has not begun yet");
        release.Set();
        await started;
        Assert.That(Volatile.Read(ref begun)); // else a group that is joined now is not subscribed when the join returns
    }
}
