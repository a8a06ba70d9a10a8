using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Connections;

public sealed class ConnectionHeartbeatTests
{
    private readonly ManualTimeProvider _time = new();

    [Test]
    [Proves("REL-36")]
    public void One_timer_serves_all_and_rests_when_there_is_nothing_to_do()
    {
        var heartbeat = new ConnectionHeartbeat(_time);
        Assert.That(_time.ActiveTimers, Is.Zero);
        var entries = Enumerable.Range(0, 1000).Select(_ => new Entry()).ToList();
        entries.ForEach(entry => heartbeat.Schedule(entry, 5000));
        Assert.That((_time.ActiveTimers, heartbeat.Count), Is.EqualTo((1, 1000)));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.That(entries.Sum(entry => entry.Beats), Is.Zero);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(entries.All(entry => entry.Beats == 1));
        Assert.That((_time.ActiveTimers, heartbeat.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Deadlines_come_in_their_second_whenever_they_were_set()
    {
        var heartbeat = new ConnectionHeartbeat(_time);
        var random = new Random(3);
        var entries = new List<(Entry Entry, long Due)>();
        for (var i = 0; i < 500; i++)
        {
            var entry = new Entry();
            var due = heartbeat.Now + random.Next(1, 400_000);
            entry.Next = now => now >= due ? HeartbeatEntry.Never : due; // far deadlines are called early and ask again
            entry.Due = due;
            entries.Add((entry, due));
            heartbeat.Schedule(entry, due);
            _time.Advance(TimeSpan.FromMilliseconds(random.Next(0, 3000)));
        }

        _time.Advance(TimeSpan.FromSeconds(500));
        Assert.That(heartbeat.Count, Is.Zero);
        Assert.That(entries.All(e => e.Entry.LastBeat >= e.Due && e.Entry.LastBeat <= e.Due + 2000));
    }

    [Test]
    public void A_finer_tick_serves_shorter_deadlines_and_the_time_between_ticks_can_be_read()
    {
        var heartbeat = new ConnectionHeartbeat(_time, TimeSpan.FromMilliseconds(10));
        var (soon, later) = (new Entry(), new Entry());
        heartbeat.Schedule(soon, 25);
        heartbeat.Schedule(later, 5_000); // behind a whole turn of the wheel
        later.Next = now => now >= 5_000 ? HeartbeatEntry.Never : 5_000;
        _time.Advance(TimeSpan.FromMilliseconds(24));
        Assert.That((soon.Beats, heartbeat.Now, heartbeat.ReadNow()), Is.EqualTo((0, 20L, 24L)));
        _time.Advance(TimeSpan.FromMilliseconds(6));
        Assert.That((soon.Beats, soon.LastBeat), Is.EqualTo((1, 30L)));
        _time.Advance(TimeSpan.FromMilliseconds(4_970));
        Assert.That((later.LastBeat, heartbeat.Count), Is.EqualTo((5_000L, 0)));
        Assert.That(() => new ConnectionHeartbeat(_time, TimeSpan.FromSeconds(2)), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void An_earlier_deadline_replaces_a_later_one_and_removal_is_final()
    {
        var heartbeat = new ConnectionHeartbeat(_time);
        var early = new Entry();
        var gone = new Entry();
        heartbeat.Schedule(early, 60_000);
        heartbeat.Schedule(early, 3000);
        heartbeat.Schedule(early, 30_000); // later: changes nothing
        heartbeat.Schedule(gone, 3000);
        heartbeat.Remove(gone);
        heartbeat.Remove(gone);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.That((early.Beats, gone.Beats), Is.EqualTo((1, 0)));
        _time.Advance(TimeSpan.FromSeconds(90));
        Assert.That((early.Beats, gone.Beats), Is.EqualTo((1, 0)));
    }

    [Test]
    public void Who_is_removed_while_it_is_called_is_not_called_again()
    {
        var heartbeat = new ConnectionHeartbeat(_time);
        var entry = new Entry();
        entry.Next = now =>
        {
            heartbeat.Remove(entry); // as another thread may
            return now + 1000;
        };
        heartbeat.Schedule(entry, 1000);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((heartbeat.Count, _time.ActiveTimers), Is.EqualTo((0, 0)));
        heartbeat.Schedule(entry, 3000);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(entry.Beats, Is.EqualTo(2), "and it may come back");
    }

    [Test]
    [Proves("REL-52", "F-19")]
    public void Only_monotonic_time_counts_and_the_entry_that_repeats_beats_on()
    {
        var jumping = new JumpingTimeProvider(_time);
        var heartbeat = new ConnectionHeartbeat(jumping);
        var entry = new Entry { Next = now => now + 2000 };
        heartbeat.Schedule(entry, 2000);
        for (var second = 1; second <= 20; second++)
        {
            jumping.Offset = TimeSpan.FromDays(second % 2 == 0 ? -400 : 400);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(entry.Beats, Is.EqualTo(10));
    }

    [Test]
    public void An_entry_that_fails_costs_the_others_nothing_and_is_called_again()
    {
        var heartbeat = new ConnectionHeartbeat(_time);
        var failures = 0;
        var failing = new Entry { Next = _ => failures++ == 0 ? throw new InvalidOperationException("the entry's fault") : HeartbeatEntry.Never };
        var other = new Entry();
        heartbeat.Schedule(failing, 3000);
        heartbeat.Schedule(other, 3000);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.That((failing.Beats, other.Beats), Is.EqualTo((1, 1)));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.That((failing.Beats, heartbeat.Count), Is.EqualTo((2, 0)));
    }

    // Somebody sets the machine's clock, again and again.
    private sealed class JumpingTimeProvider(ManualTimeProvider time) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Offset;

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class Entry : HeartbeatEntry
    {
        public int Beats { get; private set; }

        public long LastBeat { get; private set; }

        public new long Due { get; set; }

        public new Func<long, long> Next { get; set; } = _ => Never;

        public override long Beat(long now)
        {
            (Beats, LastBeat) = (Beats + 1, now);
            return Next(now);
        }
    }
}
