using Channels.Layers.Redis;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.Tests.Layers.Redis;

/// <summary>What the core layout popped for a receiver that has given up, and Redis does not take back.</summary>
public sealed class SharedChannelsTests : IDisposable
{
    private static readonly ChannelMessage Message = new("test");
    private readonly ManualTimeProvider _time = new();
    private readonly DropCounter _drops = new();
    private readonly SharedChannels _shared;
    private int _changes;

    public SharedChannelsTests() => _shared = new(() => _changes++, _time, new LayerDrops("default", _time, _drops.Metrics, NullLogger.Instance));

    [Test]
    public async Task It_goes_to_who_waits_by_now()
    {
        var waiting = _shared.ReceiveAsync("jobs", CancellationToken.None);
        Assert.That(_shared.Wanted, Is.EqualTo(["jobs"]));
        Strand();
        Assert.That(await waiting.AsTask().WaitAsync(Eventually.Patience), Is.SameAs(Message), "at once, and not behind the next message");
        Assert.That(_shared.Wanted, Is.Empty);
        Assert.That(_changes, Is.EqualTo(2), "what is wanted was told each time");
    }

    [Test]
    public async Task It_waits_for_the_next_one_when_nobody_does()
    {
        using var impatience = new CancellationTokenSource();
        var given = _shared.ReceiveAsync("jobs", impatience.Token);
        await impatience.CancelAsync();
        Assert.That(async () => await given, Throws.InstanceOf<OperationCanceledException>());
        Strand();
        Assert.That(await _shared.ReceiveAsync("jobs", CancellationToken.None), Is.SameAs(Message));
        Assert.That(_shared.Wanted, Is.Empty);
    }

    [Test]
    public async Task It_is_counted_when_it_expires_before_anybody_comes()
    {
        Strand();
        _time.Advance(TimeSpan.FromSeconds(60));
        Strand();
        Assert.That(await _shared.ReceiveAsync("jobs", CancellationToken.None), Is.SameAs(Message));
        Assert.That(_drops["expired"], Is.EqualTo(1));
        _shared.Strand("jobs", Message, _time.GetTimestamp());
        Assert.That(_drops["expired"], Is.EqualTo(2), "it was tried for too long to put it back");
        Assert.That(_shared.Wanted, Is.Empty);
    }

    public void Dispose() => _drops.Dispose();

    private void Strand() => _shared.Strand("jobs", Message, _time.GetTimestamp() + TimeSpan.FromSeconds(60).Ticks);
}
