using System.Net;
using Channels.Extending;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Connections;

public sealed class MemoryBudgetTests
{
    private const int Mebibyte = 1024 * 1024;

    private readonly ManualTimeProvider _time = new();

    [Test]
    [Proves("FG-1", "SEC-29")]
    public async Task Whoever_holds_most_ends_and_the_newcomer_and_the_small_stay()
    {
        var budget = new MemoryBudget(8 * Mebibyte, _time);
        var small = new Holder(budget, "10.0.0.1");
        var large = new Holder(budget, "10.0.0.2");
        Assert.That((small.TryTake(Mebibyte / 64), large.TryTake(6 * Mebibyte)), Is.EqualTo((true, true)));
        var newcomer = new Holder(budget, "10.0.0.3");

        Assert.That(newcomer.TryTake(3 * Mebibyte), Is.True);
        await large.Ended.WaitAsync(Eventually.Patience);
        Assert.That((small.IsEnded, newcomer.IsEnded), Is.EqualTo((false, false)));
        Assert.That(budget.Used, Is.EqualTo(3 * Mebibyte + Mebibyte / 64), "the ended one is not counted any more");
        Assert.That(large.TryTake(1), Is.False, "nor may it hold more");
    }

    [Test]
    [Proves("FG-1")]
    public void Of_equals_the_one_that_has_held_longest_ends()
    {
        var budget = new MemoryBudget(4 * Mebibyte, _time);
        var holders = new List<Holder>();
        for (var i = 0; i < 5; i++)
        {
            holders.Add(new Holder(budget, "10.0.0.1"));
            holders[i].TryTake(Mebibyte);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(holders.Select(holder => holder.IsEnded), Is.EqualTo(new[] { true, true, false, false, false }), "and as many as bring an eighth of it back");
    }

    [Test]
    [Proves("FG-2")]
    public void A_flood_from_one_address_loses_to_one_from_another_that_holds_more_alone()
    {
        var budget = new MemoryBudget(8 * Mebibyte, _time);
        var alone = new Holder(budget, "10.0.0.1");
        alone.TryTake(2 * Mebibyte);
        var flood = Enumerable.Range(0, 7).Select(i => new Holder(budget, i % 2 == 0 ? "2001:db8::1" : "2001:db8::2")).ToList();
        flood.ForEach(holder => holder.TryTake(Mebibyte));

        Assert.That(alone.IsEnded, Is.False);
        Assert.That(flood.Count(holder => holder.IsEnded), Is.EqualTo(2));
    }

    [Test]
    [Proves("FG-2")]
    public void A_share_counts_in_chunks_beyond_an_allowance_and_gives_everything_back()
    {
        var budget = new MemoryBudget(8 * Mebibyte, _time);
        var holder = new Holder(budget, "10.0.0.1");
        var share = default(MemoryShare);
        share.Set(MemoryShare.Allowance, holder);
        Assert.That(budget.Used, Is.Zero, "an ordinary client stays below");
        share.Set(MemoryShare.Allowance + 1, holder);
        var chunk = budget.Used;
        share.Set(MemoryShare.Allowance + chunk, holder);
        Assert.That(budget.Used, Is.EqualTo(chunk).And.GreaterThan(1));
        share.Set(MemoryShare.Allowance - 1, holder);
        Assert.That(budget.Used, Is.EqualTo(chunk), "just below the border it stays");
        share.Set(0, holder);
        Assert.That(budget.Used, Is.Zero);
    }

    [Test]
    [Proves("FG-2")]
    public void While_those_who_are_ended_have_not_let_go_only_the_small_may_hold_more()
    {
        var budget = new MemoryBudget(8 * Mebibyte, _time);
        var large = new Holder(budget, "10.0.0.1");
        large.TryTake(9 * Mebibyte);
        var next = new Holder(budget, "10.0.0.1");
        Assert.That((large.IsEnded, next.TryTake(4 * Mebibyte), budget.Used), Is.EqualTo((true, false, 0L)));
        Assert.That(new Holder(budget, "10.0.0.1").TryTake(16 * 1024), Is.True);
        large.GiveBack(9 * Mebibyte);
        Assert.That(new Holder(budget, "10.0.0.1").TryTake(4 * Mebibyte), Is.True);
    }

    [Test]
    [Proves("FG-1")]
    public void Whoever_is_over_is_forgotten_and_gives_nothing_back_twice()
    {
        var budget = new MemoryBudget(0, _time);
        var holder = new Holder(budget, "10.0.0.1");
        holder.TryTake(Mebibyte);
        holder.Forget();
        holder.GiveBack(Mebibyte);
        holder.Forget();
        Assert.That(budget.Used, Is.Zero);
    }

    [Test]
    [Proves("FG-1")]
    public void A_limit_beyond_all_memory_ends_nobody()
    {
        var holder = new Holder(new MemoryBudget(long.MaxValue, _time), "10.0.0.1");
        Assert.That(holder.TryTake(Mebibyte), Is.True);
    }

    [Test]
    [Proves("FG-2")]
    public void Members_of_a_crowd_behind_one_address_who_hold_little_for_long_stay_before_a_flood()
    {
        var budget = new MemoryBudget(64 * Mebibyte, _time);
        var crowd = Enumerable.Range(0, 1000).Select(_ => new Holder(budget, "10.0.0.1")).ToList();
        crowd.ForEach(holder => holder.TryTake(16 * 1024));
        _time.Advance(TimeSpan.FromMinutes(1));
        var flood = Enumerable.Range(0, 60).Select(i => new Holder(budget, $"10.0.1.{i}")).ToList();
        flood.ForEach(holder => holder.TryTake(Mebibyte));

        Assert.That((crowd.Count(holder => holder.IsEnded), flood.Count(holder => holder.IsEnded)), Is.EqualTo((0, 18)), "an eighth is freed twice");
    }

    [Test]
    [Proves("FG-1")]
    public void A_verdict_that_comes_after_the_end_hits_nobody()
    {
        var holder = new Holder(new MemoryBudget(0, _time), "10.0.0.1");
        holder.TryTake(Mebibyte);
        holder.Forget();
        holder.End();
        Assert.That(holder.Ended.IsCompleted, Is.False);
    }

    private sealed class Holder(MemoryBudget budget, string address) : MemoryHolder(budget, IPAddress.Parse(address))
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        protected override void EndForMemory() => _ended.TrySetResult();
    }
}
