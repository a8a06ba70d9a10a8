using Channels.SocketRouter;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.SocketRouter;

/// <summary>Acknowledged deliveries while more is published: the time of what is under way passes all the same.</summary>
public sealed class BusyTopicTests
{
    private const int Timers = 3; // the watch for silence, the deadline of requests, and the wait of the topic

    private static readonly TimeSpan HalfTheTime = TimeSpan.FromMilliseconds(500);

    [Test]
    [Proves("SR-71")]
    public async Task What_is_not_acknowledged_comes_again_however_much_is_published()
    {
        var time = new CountedTime();
        await using var server = new TopicServer(services => services.AddSingleton<TimeProvider>(time));
        var client = await server.ConnectAsync();
        await client.JoinAsync("room.1", ""","ack":{"window":1,"timeoutMs":1000}""");
        await time.WaitsBeganAsync(Timers);
        await time.NextWaitAsync(() => server.PublishAsync("room.1", "one"));
        Assert.That(await client.ReceiveTextsAsync(1), Is.EqualTo(new[] { "1 one" }));
        for (var round = 0; round < 3; round++)
        {
            time.Clock.Advance(HalfTheTime);
            await time.NextWaitAsync(() => server.PublishAsync("room.1", "more"));
            Assert.That(time.Clock.ActiveTimers, Is.EqualTo(Timers));
            await time.NextWaitAsync(() => Advance(time));
            var again = (await client.ReceiveAsync()).GetProperty("headers");
            Assert.That((again.GetProperty("redelivered").GetBoolean(), again.GetProperty("offset").GetInt64()), Is.EqualTo((true, 1)));
        }

        time.Clock.Advance(HalfTheTime);
        await time.NextWaitAsync(() => server.PublishAsync("room.1", "more"));
        time.Clock.Advance(HalfTheTime);
        Assert.That((await client.Socket.ReceiveCloseAsync()).Code, Is.EqualTo(1013));

        static Task Advance(CountedTime time)
        {
            time.Clock.Advance(HalfTheTime);
            return Task.CompletedTask;
        }
    }

    [Test]
    [Proves("SR-60")]
    public async Task A_lost_message_is_found_while_others_have_much_time_to_be_acknowledged()
    {
        var time = new CountedTime();
        await using var server = new TopicServer(services => services.AddSingleton<TimeProvider>(time));
        var client = await server.ConnectAsync();
        await client.JoinAsync("room.1", ""","ack":{"window":3,"timeoutMs":600000}""");
        await time.WaitsBeganAsync(Timers);
        await time.NextWaitAsync(() => server.PublishAsync("room.1", "one"));
        Assert.That(await client.ReceiveTextsAsync(1), Is.EqualTo(new[] { "1 one" }));

        // What is only written down is what a layer has lost on its way to everybody.
        await server.Services.GetRequiredService<IGroupHistory>().AppendAsync("sr.t.room.1", TopicMessage.Make("room.1", "\"said\""u8.ToArray(), "\"two\""u8));
        time.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.That(await client.ReceiveTextsAsync(1), Is.EqualTo(new[] { "2 two" }));
    }

    /// <summary>A clock that counts the waits that were begun by it.</summary>
    private sealed class CountedTime : TimeProvider
    {
        private int _waits;

        public ManualTimeProvider Clock { get; } = new();

        public override long TimestampFrequency => Clock.TimestampFrequency;

        public override TimeZoneInfo LocalTimeZone => Clock.LocalTimeZone;

        public override DateTimeOffset GetUtcNow() => Clock.GetUtcNow();

        public override long GetTimestamp() => Clock.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = Clock.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref _waits);
            return timer;
        }

        /// <summary>Waits until so many have begun.</summary>
        public Task WaitsBeganAsync(int count) => Eventually.Is(() => Volatile.Read(ref _waits) >= count);

        /// <summary>Does what ends the topic's wait, and waits until it has begun the next one.</summary>
        public async Task NextWaitAsync(Func<Task> act)
        {
            var before = Volatile.Read(ref _waits);
            await act();
            await WaitsBeganAsync(before + 1);
        }
    }
}
