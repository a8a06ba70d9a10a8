using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Connections;

/// <summary>How open connections are asked to close, over time.</summary>
public sealed class DrainTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly ManualTimeProvider _time = new();
    private readonly ConnectionRegistry _registry = new();
    private int _asked;
    private int _lastCode;

    [TestCase(1)]
    [TestCase(100)]
    [Proves("REL-43")]
    public async Task Few_sockets_are_closed_at_once(int count)
    {
        Open(count);

        await Drain.RunAsync(_registry, Window, 100, 1012, _time, default);
        Assert.That(_asked, Is.EqualTo(count));
    }

    [Test]
    [Proves("REL-43")]
    public async Task Many_sockets_are_closed_in_slices_over_the_window()
    {
        Open(1000);
        var drain = Drain.RunAsync(_registry, TimeSpan.FromSeconds(20), 10, 1012, _time, default);
        for (var slice = 1; slice < 20; slice++)
        {
            Assert.That(_asked, Is.EqualTo(slice * 50));
            await _time.WaitForTimersAsync();
            _time.Advance(TimeSpan.FromSeconds(1));
            await Support.Eventually.Is(() => _asked >= (slice + 1) * 50);
        }

        await drain;
        Assert.That(_asked, Is.EqualTo(1000));
    }

    [Test]
    public async Task A_window_of_zero_closes_all_at_once()
    {
        Open(1000);

        await Drain.RunAsync(_registry, TimeSpan.Zero, 1, 1012, _time, default);
        Assert.That(_asked, Is.EqualTo(1000));
    }

    [Test]
    [Proves("REL-45")]
    public async Task In_a_hurry_all_that_are_left_are_closed_at_once()
    {
        Open(1000);
        using var hurry = new CancellationTokenSource();
        var drain = Drain.RunAsync(_registry, Window, 10, 1012, _time, hurry.Token);
        Assert.That(_asked, Is.EqualTo(50));
        await hurry.CancelAsync();

        await drain;
        Assert.That(_asked, Is.EqualTo(1000));
    }

    [Test]
    [Proves("REL-43")]
    public async Task Handshakes_that_were_under_way_are_asked_at_the_end_and_later_ones_as_they_come()
    {
        Open(1000);
        using var hurry = new CancellationTokenSource();
        var drain = Drain.RunAsync(_registry, Window, 10, 1012, _time, hurry.Token);
        Open(1);
        Assert.That(_asked, Is.EqualTo(50));
        await hurry.CancelAsync();
        await drain;
        Assert.That(_asked, Is.EqualTo(1001));

        Open(1);
        Assert.That((_asked, _lastCode, _registry.Count), Is.EqualTo((1002, 1012, 0)));
    }

    private void Open(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _registry.Add(new Connection(this));
        }
    }

    [Test]
    public void The_registry_knows_who_is_left_whatever_the_order_of_leaving()
    {
        var connections = Enumerable.Range(0, 5).Select(_ => new Connection(this)).ToArray();
        foreach (var connection in connections)
        {
            _registry.Add(connection);
            _registry.Add(connection); // counts once
        }

        foreach (var leaving in (int[])[1, 4, 0, 0])
        {
            _registry.Remove(connections[leaving]);
        }

        Assert.That(_registry.Snapshot(), Is.EquivalentTo([connections[2], connections[3]]));
        _registry.Add(connections[1]);
        _registry.Remove(connections[3]);
        Assert.That(_registry.Snapshot(), Is.EquivalentTo([connections[1], connections[2]]));
        Assert.That(_registry.Count, Is.EqualTo(2));
    }

    private sealed class Connection(DrainTests owner) : IDrainableConnection
    {
        public int Place { get; set; }

        public void RequestClose(int code, string reason)
        {
            owner._registry.Remove(this);
            owner._lastCode = code;
            Interlocked.Increment(ref owner._asked);
        }
    }
}
