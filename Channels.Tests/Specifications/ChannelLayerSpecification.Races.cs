using Channels.Tests.Support;

namespace Channels.Tests.Specifications;

public abstract partial class ChannelLayerSpecification
{
    [Test]
    [Needs(LayerCapabilities.ExactMembership)]
    [Proves("REL-10")]
    public async Task Racing_adds_discards_and_sends_obey_the_membership_windows()
    {
        const int members = 6;
        const int senders = 2;
        var capacity = Interleavings * senders + 1000;
        var setup = new LayerSetup { Capacity = capacity };
        var layer = await MakeAsync(setup);
        var peer = await MakePeerAsync(layer, setup);
        var history = new MembershipHistory(members, senders);
        var inboxes = new List<ChannelInbox>();
        for (var i = 0; i < members; i++)
        {
            inboxes.Add(await OpenAsync(i % 2 == 0 ? layer : peer));
        }

        using var over = new CancellationTokenSource();
        var flipping = inboxes.Select((inbox, i) => Task.Run(() => FlipAsync(i % 2 == 0 ? layer : peer, inbox.Name, history, i, over.Token))).ToArray();
        var sending = Enumerable.Range(0, senders).Select(i => Task.Run(() => PublishAsync(i % 2 == 0 ? layer : peer, history, i))).ToArray();
        await Task.WhenAll(sending);
        await over.CancelAsync();
        await Task.WhenAll(flipping);
        for (var i = 0; i < members; i++)
        {
            history.Received(i, await DrainAsync(layer, inboxes[i]));
        }

        history.Check();
        TestContext.Out.WriteLine(history.Summary);
    }

    [Test]
    [Proves("REL-01")]
    public async Task Without_a_fault_everything_arrives_once_and_in_order()
    {
        const int publishers = 4;
        var each = Volume / publishers;
        var layer = await MakeAsync(new() { Capacity = Volume });
        var peer = await MakePeerAsync(layer, new() { Capacity = Volume });
        var inbox = await OpenAsync(layer);
        var received = 0;
        var publishing = Enumerable.Range(0, publishers).Select(publisher => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
            {
                await peer.SendAsync(inbox.Name, Numbered((long)publisher << 32 | (uint)i));
                while (i * publishers - Volatile.Read(ref received) > 2000)
                {
                    await Task.Yield(); // keeps memory bounded
                }
            }
        })).ToArray();

        var next = new long[publishers];
        using var patience = new CancellationTokenSource();
        while (received < each * publishers)
        {
            if (received % 1_000 == 0)
            {
                patience.CancelAfter(Eventually.Patience); // for those that come next: how long all of them take is no matter
            }

            var number = NumberOf(await inbox.ReceiveAsync(patience.Token));
            var expected = next[number >> 32]++;
            if ((int)number != expected)
            {
                Assert.Fail($"lost, doubled or out of order: {(int)number} instead of {expected}"); // an assertion each would take longer than the layer
            }

            Volatile.Write(ref received, received + 1);
        }

        await Task.WhenAll(publishing);
        await AssertNothingAsync(layer, inbox);
    }

    private async Task PublishAsync(IChannelLayer layer, MembershipHistory history, int sender)
    {
        var random = new Random(sender);
        for (var i = 0; i < Interleavings; i++)
        {
            var number = MembershipHistory.NumberOf(sender, i);
            var start = history.Tick();
            await layer.GroupSendAsync("room", Numbered(number));
            history.Sent(sender, number, start, history.Tick());
            await YieldAtTimesAsync(random);
        }
    }

    private static async Task FlipAsync(IChannelLayer layer, string channel, MembershipHistory history, int member, CancellationToken over)
    {
        var random = new Random(member);
        while (!over.IsCancellationRequested)
        {
            var add = random.Next(2) == 0; // also twice in a row: idempotence is part of the contract
            var start = history.Tick();
            await (add ? layer.GroupAddAsync("room", channel, CancellationToken.None) : layer.GroupDiscardAsync("room", channel, CancellationToken.None));
            history.Flipped(member, add, start, history.Tick());
            Thread.SpinWait(random.Next(200));
            await YieldAtTimesAsync(random);
        }
    }

    // A layer of one process completes everything at once: without this the racing tasks would hold all pool threads.
    private static async ValueTask YieldAtTimesAsync(Random random)
    {
        if (random.Next(8) == 0)
        {
            await Task.Yield();
        }
    }

    private static async Task<List<long>> DrainAsync(IChannelLayer layer, ChannelInbox inbox)
    {
        const long end = -1;
        await layer.SendAsync(inbox.Name, Numbered(end));
        var numbers = new List<long>();
        using var patience = new CancellationTokenSource(Eventually.Patience);
        while (true)
        {
            var number = NumberOf(await inbox.ReceiveAsync(patience.Token));
            if (number == end)
            {
                return numbers;
            }

            numbers.Add(number);
        }
    }
}
