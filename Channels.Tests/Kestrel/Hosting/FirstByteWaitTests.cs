using System.IO.Pipelines;
using Channels.Kestrel;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>A wait that serves one connection after another meets each with its own deadline only.</summary>
public sealed class FirstByteWaitTests
{
    private readonly Pipe _first = new();
    private readonly Pipe _second = new();
    private readonly FirstByteWait _wait = new();

    [Test]
    public async Task A_read_ends_when_its_time_has_come_and_not_before()
    {
        _wait.Begin(_first.Reader, 10_000);
        var read = _first.Reader.ReadAsync();
        Assert.That((_wait.Beat(9_999), read.IsCompleted), Is.EqualTo((10_000L, false)));
        Assert.That(_wait.Beat(10_000), Is.EqualTo(HeartbeatEntry.Never));
        Assert.That((await read).IsCanceled, Is.True);
    }

    [Test]
    public async Task A_call_that_was_meant_for_the_connection_before_does_not_end_the_read_of_the_next()
    {
        _wait.Begin(_first.Reader, 10_000);
        Assert.That(_wait.TryReset(), Is.True);
        _wait.Begin(_second.Reader, 15_000);
        var read = _second.Reader.ReadAsync();
        Assert.That((_wait.Beat(10_000), read.IsCompleted), Is.EqualTo((15_000L, false)), "called again when its own time has come");

        await _second.Writer.WriteAsync("GET"u8.ToArray());
        Assert.That((await read).IsCanceled, Is.False);
    }

    [Test]
    public async Task A_call_that_comes_when_nobody_waits_ends_nothing()
    {
        _wait.Begin(_first.Reader, 10_000);
        Assert.That(_wait.TryReset(), Is.True);
        _wait.GiveUp();
        Assert.That(_wait.Beat(10_000), Is.EqualTo(HeartbeatEntry.Never));

        await _first.Writer.WriteAsync("GET"u8.ToArray());
        Assert.That((await _first.Reader.ReadAsync()).IsCanceled, Is.False, "a cancelled read would be the next one");
    }
}
