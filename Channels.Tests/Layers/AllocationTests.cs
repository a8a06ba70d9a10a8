using Channels.Tests.Support;

namespace Channels.Tests.Layers;

/// <summary>The hot path allocates nothing; measured on the thread that runs it.</summary>
public sealed class AllocationTests
{
    private static readonly ChannelMessage Message = new("test");

    [TestCase(1)]
    [TestCase(32)]
    [TestCase(100)]
    public void Posting_and_taking_allocate_nothing(int backlog)
    {
        var delivery = new LocalDelivery();
        var inbox = delivery.TryOpen("a", 100)!; // the name is free
        AssertFree(() => Pass(delivery, inbox, backlog));
    }

    [Test]
    public void What_a_burst_needed_is_given_back_after_a_calm_time()
    {
        var delivery = new LocalDelivery();
        var inbox = delivery.TryOpen("a", 100)!; // the name is free
        Pass(delivery, inbox, 50);
        Assert.That(Allocations.Least(() => Pass(delivery, inbox, 50)), Is.Zero, "kept for the next burst");
        for (var i = 0; i < 100; i++)
        {
            Pass(delivery, inbox, 1);
        }

        Assert.That(AllocatedBy(() => Pass(delivery, inbox, 50)), Is.GreaterThan(50 * 16), "given back, so it is made anew");
    }

    [TestCase(1, 1)]
    [TestCase(1000, 1)]
    [TestCase(1000, 8)]
    public async Task A_broadcast_allocates_nothing_whatever_the_number_of_members(int members, int window)
    {
        var layer = new InMemoryChannelLayer();
        var inboxes = new ChannelInbox[members];
        for (var i = 0; i < members; i++)
        {
            inboxes[i] = await layer.NewChannelAsync();
            await layer.GroupAddAsync("room", inboxes[i].Name);
        }

        AssertFree(() =>
        {
            for (var i = 0; i < window; i++)
            {
                if (!layer.GroupSendAsync("room", Message).IsCompletedSuccessfully)
                {
                    Assert.Fail("an in-memory broadcast never waits");
                }
            }

            foreach (var inbox in inboxes)
            {
                while (inbox.TryTake(out _))
                {
                }
            }
        });
    }

    [Test]
    public async Task A_direct_message_to_an_inbox_allocates_nothing()
    {
        var layer = new InMemoryChannelLayer();
        await using var inbox = await layer.NewChannelAsync();
        AssertFree(() =>
        {
            var sending = layer.SendAsync(inbox.Name, Message);
            if (!sending.IsCompletedSuccessfully || !inbox.TryTake(out _))
            {
                Assert.Fail("not delivered at once");
            }
        });
    }

    [Test]
    public async Task An_idle_socket_with_one_group_costs_the_layer_less_than_700_bytes()
    {
        const int sockets = 10_000;
        var layer = new InMemoryChannelLayer();
        var inboxes = new ChannelInbox[sockets];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < sockets; i++)
        {
            inboxes[i] = await layer.NewChannelAsync(); // completes at once, so the thread stays the same
            await layer.GroupAddAsync("room", inboxes[i].Name);
        }

        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / sockets;
        TestContext.Out.WriteLine($"{each} bytes allocated per socket, growing tables included");
        Assert.That(each, Is.LessThan(700));
        GC.KeepAlive(inboxes);
    }

    private static void AssertFree(Action action)
    {
        var allocated = Allocations.Least(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                action();
            }
        });
        Assert.That(allocated, Is.Zero);
    }

    private static long AllocatedBy(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Pass(LocalDelivery delivery, ChannelInbox inbox, int messages)
    {
        for (var i = 0; i < messages; i++)
        {
            delivery.Send("a", Message, long.MaxValue - 1);
        }

        while (inbox.TryTake(out _))
        {
        }
    }
}
