using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>On whose threads the code after a call to the layer runs.</summary>
public sealed class ThreadTests : RedisTestBase
{
    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("REL-23")]
    public async Task Whoever_blocks_after_its_send_holds_up_nobody_else(string layout)
    {
        var layer = Make(layout, (await StartServerAsync()).Address, options =>
        {
            RedisOptions.BePatient(options);
            options.MaxUnconfirmedSends = 0;
        });
        await using var member = await OpenMemberAsync(layer);
        using var over = new ManualResetEventSlim();
        var holding = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var blocked = Task.Run(async () =>
        {
            await layer.GroupSendAsync("room", Numbered(1));
            holding.SetResult();
            over.Wait(); // as a handler does that calls something synchronous
        });
        try
        {
            Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(1));
            await holding.Task;
            await layer.GroupSendAsync("room", Numbered(2)).AsTask().WaitAsync(Eventually.Patience);
            Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(2));
            Assert.That(blocked.IsCompleted, Is.False, "the other one blocks all the while");
        }
        finally
        {
            over.Set();
            await blocked;
        }
    }
}
