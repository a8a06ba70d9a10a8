using Channels.Testing;

namespace Channels.Tests.Specifications;

/// <summary>The contract of leased state in memory, and its bounds.</summary>
[TestFixture]
public sealed class InMemoryLeasedStateSpecification : LeasedStateSpecification
{
    protected override ValueTask AddLayerAsync(ChannelsBuilder builder) => ValueTask.CompletedTask; // it is there by itself

    private protected override Task<ILeasedState> StartPeerAsync(ILeasedState first) => Task.FromResult(first);

    [Test]
    public async Task What_is_not_written_again_is_forgotten()
    {
        var time = new ManualTimeProvider();
        var state = new InMemoryLeasedState(time);
        await state.PutAsync("key", "a", Bytes("value"), TimeSpan.FromSeconds(10));
        time.Advance(TimeSpan.FromSeconds(9));
        await state.PutAsync("key", "a", Bytes("again"), TimeSpan.FromSeconds(10));
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.That(Text(await state.TakeAsync("key", "b")), Is.EqualTo("again"));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await state.PutAsync("key", "c", Bytes("other"), TimeSpan.FromSeconds(10)), "nobody has the key any more");
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(await state.TakeAsync("key", "d"), Is.Null);
    }

    [Test]
    public async Task What_is_over_takes_no_memory()
    {
        var time = new ManualTimeProvider();
        var state = new InMemoryLeasedState(time);
        for (var i = 0; i < 100_000; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            await state.PutAsync($"key{i}", "a", Bytes("value"), TimeSpan.FromSeconds(1));
        }

        Assert.That(state.Count, Is.LessThan(500));
    }

    [Test]
    public async Task When_there_is_too_much_those_go_that_would_have_gone_next()
    {
        var state = new InMemoryLeasedState(new ManualTimeProvider(), maxBytes: 100_000);
        await state.PutAsync("long", "a", new byte[10_000], TimeSpan.FromHours(1));
        for (var i = 0; i < 100; i++)
        {
            await state.PutAsync($"key{i}", "a", new byte[10_000], TimeSpan.FromMinutes(1 + i));
        }

        Assert.That(state.Count, Is.InRange(7, 9));
        Assert.That(await state.TakeAsync("key0", "b"), Is.Null);
        Assert.That(await state.TakeAsync("key99", "b"), Is.Not.Null);
    }
}
