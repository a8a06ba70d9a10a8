using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.SocketRouter;

/// <summary>Requests that wait in one line publish together, as events do that one consumer handles in a row.</summary>
public sealed class BurstTests
{
    private const int OthersTurns = 20;

    [Test]
    public async Task What_several_waiting_requests_publish_wakes_its_receivers_together()
    {
        await using var server = new TopicServer(); // its time stands still, so nothing goes because it was held for long
        var layer = server.Services.GetRequiredService<IChannelLayer>();
        await using var subscriber = await layer.NewChannelAsync();
        await layer.GroupAddAsync("sr.t.room.1", subscriber.Name);
        var woken = subscriber.ReceiveAsync().AsTask();
        var seen = new List<bool>();
        server.Calls.Look = () =>
        {
            for (var turn = 0; turn < OthersTurns; turn++)
            {
                using var others = new ManualResetEventSlim();
                ThreadPool.UnsafeQueueUserWorkItem(_ => others.Set(), null); // behind the waking, had it been let go
                others.Wait();
            }

            seen.Add(woken.IsCompleted);
        };
        var client = await server.ConnectAsync();
        await client.SendAsync("once", "null");
        await server.Calls.Gate.Reached;
        await client.SendAsync("publishAndLook", "\"first\"");
        await client.SendAsync("publishAndLook", "\"second\"");
        await client.NothingCameAsync(); // all three stand in line

        server.Calls.Gate.Open();

        for (var uuid = 1; uuid <= 3; uuid++)
        {
            Assert.That((await client.ReceiveAsync()).GetProperty("uuid").GetString(), Is.EqualTo($"{uuid}"));
        }

        Assert.That(seen[0], Is.False, "another request waits that may publish, too");
        await woken;
    }
}
