using System.Collections.Concurrent;
using Channels.Tests.Support;

namespace Channels.Tests.Specifications;

public abstract partial class ChannelLayerSpecification
{
    [Test]
    [Needs(LayerCapabilities.Waits)]
    [Proves("C-MEM-01")]
    public async Task A_normal_channel_is_first_in_first_out()
    {
        var layer = await MakeAsync();
        for (var i = 0; i < 50; i++)
        {
            await layer.SendAsync("jobs", Numbered(i));
        }

        for (var i = 0; i < 50; i++)
        {
            Assert.That(NumberOf(await NextAsync(layer, "jobs")), Is.EqualTo(i));
        }

        await AssertNothingAsync(layer, "jobs");
    }

    [Test]
    [Needs(LayerCapabilities.CompetingReaders)]
    [Proves("C-MEM-03")]
    public async Task A_waiting_receiver_gets_the_next_message()
    {
        var layer = await MakeAsync();
        var waiting = NextAsync(layer, "jobs");
        await layer.SendAsync("jobs", Numbered(1));
        Assert.That(NumberOf(await waiting), Is.EqualTo(1));
    }

    [Test]
    [Needs(LayerCapabilities.CompetingReaders)]
    [Proves("C-MEM-15")]
    public async Task A_second_receiver_is_never_orphaned()
    {
        var layer = await MakeAsync();
        for (var round = 0; round < 20; round++)
        {
            var (first, second) = (NextAsync(layer, "jobs"), NextAsync(layer, "jobs"));
            await layer.SendAsync("jobs", Numbered(1));
            await Task.WhenAny(first, second);
            await layer.SendAsync("jobs", Numbered(2));
            Assert.That(new[] { NumberOf(await first), NumberOf(await second) }, Is.EquivalentTo(new[] { 1, 2 }));
        }
    }

    [Test]
    [Needs(LayerCapabilities.CompetingReaders)]
    [Proves("REL-05")]
    public async Task Every_message_goes_to_exactly_one_of_several_receivers()
    {
        const int count = 2000;
        var layer = await MakeAsync(new() { Capacity = count });
        var peer = await MakePeerAsync(layer, new() { Capacity = count });
        using var done = new CancellationTokenSource();
        var received = new ConcurrentQueue<long>();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously); // what follows waits for the readers, and must not do so on a reader's thread
        var readers = Enumerable.Range(0, 4).Select(i => Task.Run(() => ReadAsync(i % 2 == 0 ? layer : peer))).ToArray();
        for (var i = 0; i < count; i++)
        {
            await layer.SendAsync("jobs", Numbered(i));
        }

        await all.Task.WaitAsync(Eventually.Patience);
        await AssertStopsAsync(readers, done);
        Assert.That(received.Order(), Is.EqualTo(Enumerable.Range(0, count).Select(i => (long)i)));

        async Task ReadAsync(IChannelLayer from)
        {
            while (true)
            {
                received.Enqueue(NumberOf(await from.ReceiveAsync("jobs", done.Token)));
                if (received.Count == count)
                {
                    all.TrySetResult();
                }
            }
        }
    }

    [Test]
    [Needs(LayerCapabilities.CompetingReaders | LayerCapabilities.Waits)]
    [Proves("REL-04")]
    public async Task Giving_up_a_receive_loses_and_doubles_nothing()
    {
        var layer = await MakeAsync();
        for (var i = 0; i < 100; i++)
        {
            using var impatience = new CancellationTokenSource();
            var waiting = layer.ReceiveAsync("jobs", impatience.Token).AsTask();
            var cancelling = Task.Run(impatience.Cancel);
            var sending = Task.Run(async () => await layer.SendAsync("jobs", Numbered(i)));
            await Task.WhenAll(cancelling, sending);
            var received = await TryAsync(waiting) ?? await NextAsync(layer, "jobs");
            Assert.That(NumberOf(received), Is.EqualTo(i));
        }

        await AssertNothingAsync(layer, "jobs");
    }

    [Test]
    [Needs(LayerCapabilities.Waits)]
    public async Task A_receive_that_is_given_up_before_it_begins_takes_nothing()
    {
        var layer = await MakeAsync();
        await layer.SendAsync("jobs", Numbered(1));
        Assert.That(async () => await layer.ReceiveAsync("jobs", new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(NumberOf(await NextAsync(layer, "jobs")), Is.EqualTo(1));
    }

    [Test]
    [Needs(LayerCapabilities.ProcessParts)]
    [Proves("C-MEM-16")]
    public async Task A_process_part_receives_what_is_sent_to_its_channels()
    {
        var layer = await MakeAsync();
        await layer.SendAsync("p!x", Numbered(1));
        await layer.SendAsync("p!y", Numbered(2));
        await layer.SendAsync("p!x", Numbered(3));
        Assert.That(NumberOf(await NextAsync(layer, "p!y")), Is.EqualTo(2));
        Assert.That(NumberOf(await NextAsync(layer, "p!")), Is.EqualTo(1));
        Assert.That(NumberOf(await NextAsync(layer, "p!")), Is.EqualTo(3));
        var (one, any) = (NextAsync(layer, "p!z"), NextAsync(layer, "p!"));
        await layer.SendAsync("p!x", Numbered(4));
        await layer.SendAsync("p!z", Numbered(5));
        Assert.That(NumberOf(await any), Is.EqualTo(4));
        Assert.That(NumberOf(await one), Is.EqualTo(5));
    }

    private static async Task<ChannelMessage?> TryAsync(Task<ChannelMessage> waiting)
    {
        try
        {
            return await waiting;
        }
        catch (OperationCanceledException)
        {
            return null; // given up in time; the message waits for the next receiver
        }
    }

    private static async Task AssertStopsAsync(IEnumerable<Task> readers, CancellationTokenSource done)
    {
        await done.CancelAsync();
        foreach (var reader in readers)
        {
            Assert.That(async () => await reader, Throws.InstanceOf<OperationCanceledException>());
        }
    }

    [Test]
    [Needs(LayerCapabilities.Ends)]
    public async Task Whoever_waits_for_messages_when_the_layer_is_disposed_is_told()
    {
        var layer = await MakeAsync();
        var inbox = await OpenAsync(layer);
        var (shared, own) = (layer.ReceiveAsync("jobs").AsTask(), inbox.ReceiveAsync().AsTask());
        await ((IAsyncDisposable)layer).DisposeAsync();
        Assert.That(async () => await shared.WaitAsync(Eventually.Patience), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(async () => await own.WaitAsync(Eventually.Patience), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    [Needs(LayerCapabilities.Ends)]
    public async Task Whoever_begins_to_wait_for_messages_of_a_disposed_layer_is_told()
    {
        var layer = await MakeAsync();
        await ((IAsyncDisposable)layer).DisposeAsync();
        Assert.That(async () => await layer.ReceiveAsync("jobs").AsTask().WaitAsync(Eventually.Patience), Throws.TypeOf<ObjectDisposedException>());
        var inbox = await OpenAsync(layer);
        Assert.That(async () => await inbox.ReceiveAsync().AsTask().WaitAsync(Eventually.Patience), Throws.TypeOf<ObjectDisposedException>());
    }
}
