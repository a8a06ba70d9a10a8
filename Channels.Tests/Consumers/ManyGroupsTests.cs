using System.Globalization;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Consumers;

/// <summary>A consumer in very many groups: what joining one more costs, and where it ends.</summary>
public sealed class ManyGroupsTests
{
    [Test]
    [Proves("FG-8")]
    public async Task Joining_costs_the_same_however_many_groups_there_are()
    {
        await using var services = TestServices.Create(s => s.AddChannels());
        await using var socket = Communicator.WebSocket(Consumer.Of<Joining>(100_000), "/").WithServices(services);
        await socket.ConnectAsync();

        await JoinAsync(0); // warms up
        var first = await JoinAsync(2_000);
        await JoinAsync(4_000);
        await JoinAsync(6_000);
        var last = await JoinAsync(8_000);

        Assert.That(last, Is.LessThan(3 * first), "dictionaries that grow may double it, an array of names would add 8 bytes for each of 8,000 at each join");

        async Task<long> JoinAsync(int from)
        {
            await socket.SendTextAsync($"{from}");
            return long.Parse(await socket.ReceiveTextAsync(), CultureInfo.InvariantCulture);
        }
    }

    [TestCase(3)] // of the few, which an array holds
    [TestCase(20)]
    [Proves("FG-8")]
    public async Task One_group_more_than_a_consumer_may_be_in_is_refused_by_name(int most)
    {
        await using var services = TestServices.Create(s => s.AddChannels());
        await using var socket = Communicator.WebSocket(Consumer.Of<Joining>(most), "/").WithServices(services);
        await socket.ConnectAsync();
        await socket.SendTextAsync("fill");

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo($"Joining is in {most} groups, which is the most it may be in, and cannot join 'more'. Leave some, or override MaxGroups."));
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("again"), "a group it is in may be joined again");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("more"), "and another one in a left one's place");
    }

    [TestCase(3)]
    [TestCase(20)]
    [Proves("FG-8")]
    public async Task Being_present_in_one_group_more_than_a_consumer_may_be_is_refused_by_name(int most)
    {
        await using var services = TestServices.Create(s => s.AddChannels());
        await using var socket = Communicator.WebSocket(Consumer.Of<Joining>(most), "/").WithServices(services);
        await socket.ConnectAsync();
        await socket.SendTextAsync("track");

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo($"Joining is present in {most} groups, which is the most it may be in, and cannot be present in 'more'. Untrack some, or override MaxGroups."));
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("again"), "where it is present it may change its metadata");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("more"), "and be present elsewhere in a left one's place");
    }

    private sealed class Joining(int most) : WebSocketConsumer
    {
        protected override int MaxGroups => most;

        protected override async ValueTask OnTextAsync(string text)
        {
            if (text == "fill")
            {
                await FillAsync(Groups.AddAsync, Groups.DiscardAsync);
                return;
            }

            if (text == "track")
            {
                for (var i = 0; i < most; i++)
                {
                    Assert.That(async () => await Groups.TrackAsync($"nobody{i}", ""), Throws.ArgumentException); // takes no place
                }

                await FillAsync(group => Groups.TrackAsync(group, "key"), Groups.UntrackAsync);
                return;
            }

            var from = int.Parse(text, CultureInfo.InvariantCulture);
            var (thread, before) = (Environment.CurrentManagedThreadId, GC.GetAllocatedBytesForCurrentThread()); // others allocate, too
            for (var i = 0; i < 2_000; i++)
            {
                await Groups.AddAsync($"g{from + i}");
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.That(Environment.CurrentManagedThreadId, Is.EqualTo(thread), "a layer in memory joins at once");
            await SendTextAsync($"{allocated}");
        }

        private async ValueTask FillAsync(Func<string, ValueTask> enter, Func<string, ValueTask> leave)
        {
            for (var i = 0; i < most; i++)
            {
                await enter($"g{i}");
            }

            try
            {
                await enter("more");
            }
            catch (InvalidOperationException refused)
            {
                await SendTextAsync(refused.Message);
            }

            await enter("g0");
            await SendTextAsync("again");
            await leave("g0");
            await enter("more");
            await SendTextAsync("more");
        }
    }
}
