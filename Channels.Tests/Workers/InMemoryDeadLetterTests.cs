using Channels.Testing;
using Microsoft.Extensions.Options;
using static Channels.Tests.Workers.WorkerHarness;

namespace Channels.Tests.Workers;

/// <summary>The ring of dead letters in a worker's own memory.</summary>
public sealed class InMemoryDeadLetterTests
{
    private readonly ManualTimeProvider _time = new();

    [Test]
    public async Task The_oldest_letter_goes_when_the_ring_is_full_each_channel_by_itself()
    {
        var store = Make(new() { Capacity = 3 });
        for (var n = 0; n < 5; n++)
        {
            await store.AddAsync(Letter("jobs", n));
        }

        await store.AddAsync(Letter("others", 9));
        Assert.That((await store.ListAsync("jobs")).Select(letter => letter.Message.Number()), Is.EqualTo(new[] { 2, 3, 4 }));
        Assert.That((await store.ListAsync("others")).Select(letter => letter.Message.Number()), Is.EqualTo(new[] { 9 }));
        Assert.That(store.IsShared, Is.False);
    }

    [Test]
    public async Task A_letter_is_kept_for_the_retention_and_zero_keeps_it()
    {
        var store = Make(new() { Retention = TimeSpan.FromHours(1) });
        var forever = Make(new() { Retention = TimeSpan.Zero });
        var old = await store.AddAsync(Letter("jobs", 1));
        await forever.AddAsync(Letter("jobs", 1));
        _time.Advance(TimeSpan.FromMinutes(59));
        await store.AddAsync(Letter("jobs", 2));
        Assert.That(await store.ListAsync("jobs"), Has.Count.EqualTo(2));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.That((await store.ListAsync("jobs")).Single().Message.Number(), Is.EqualTo(2));
        Assert.That(await store.TakeAsync("jobs", old.Id), Is.Null);
        Assert.That(await forever.ListAsync("jobs"), Has.Count.EqualTo(1));
    }

    private InMemoryDeadLetterStore Make(DeadLetterOptions options) => new(Options.Create(options), _time);

    private DeadLetter Letter(string channel, long number) => new("", channel, Job(number), "Exception: bad", 1, _time.GetUtcNow());
}
