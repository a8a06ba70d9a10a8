using System.Diagnostics.Metrics;
using Channels.Testing;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using static Channels.Tests.Workers.WorkerHarness;

namespace Channels.Tests.Workers;

/// <summary>The ring of dead letters in a worker's own memory.</summary>
public sealed class InMemoryDeadLetterTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly ChannelsMetrics _metrics = new();
    private readonly LogRecorder _log = new();

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

    [Test]
    [Proves("FG-7")]
    public async Task Letters_are_bounded_by_bytes_and_large_messages_cut_to_their_beginning_and_marked()
    {
        var store = Make(new() { MaxBytes = 100_000, MaxBodyBytes = 30_000 });
        for (var n = 0; n < 400; n++)
        {
            await store.AddAsync(Letter("jobs", n) with { Message = new("job", new() { ["n"] = n, ["text"] = new string('x', 10) + "😀", ["png"] = new byte[4 << 20], ["list"] = new MessageValue[] { "never seen" } }) });
        }

        var letters = await store.ListAsync("jobs");
        Assert.That(letters.Select(letter => letter.Message.Number()), Is.EqualTo(new[] { 397, 398, 399 }));
        Assert.That(letters.Select(letter => letter.IsCut), Is.All.True);
        Assert.That(letters[0].Message.Type, Is.EqualTo("job"));
        Assert.That(letters[0].Message.Fields["text"].GetText(), Is.EqualTo("xxxxxxxxxx😀"));
        Assert.That(letters[0].Message.Fields["png"].GetBytes().Length, Is.InRange(20_000, 30_000));
        Assert.That(letters.Sum(letter => MessageSize.Of(letter.Message)), Is.LessThanOrEqualTo(100_000));
    }

    [Test]
    [Proves("FG-7")]
    public async Task Errors_that_quote_what_failed_are_cut_and_count_as_well()
    {
        var store = Make(new() { MaxBytes = 65_536 });
        for (var n = 0; n < 40; n++)
        {
            await store.AddAsync(Letter("jobs", n) with { Error = "x" + string.Concat(Enumerable.Repeat("😀", 100_000)) });
        }

        var letters = await store.ListAsync("jobs");
        Assert.That(letters.Select(letter => letter.Error.Length), Is.All.EqualTo(1_999), "no half of a character");
        Assert.That(letters.Select(letter => letter.IsCut), Is.All.False, "its message is whole");
        Assert.That(letters, Has.Count.EqualTo(16), "each is a little more than 4 KB");
    }

    [Test]
    public async Task A_text_is_never_cut_within_a_character_and_small_messages_stay_whole()
    {
        var store = Make(new() { MaxBodyBytes = 1024 });
        var small = await store.AddAsync(Letter("jobs", 1));
        var large = await store.AddAsync(Letter("jobs", 2) with { Message = new("job", new() { ["text"] = "x" + string.Concat(Enumerable.Repeat("😀", 2000)), ["map"] = new MessageMap { ["x"] = 1 } }) });
        Assert.That((small.IsCut, small.Message.Number()), Is.EqualTo((false, 1)));
        Assert.That(large.IsCut);
        Assert.That(() => new ChannelMessage("again", large.Message.Fields), Throws.Nothing, "no half of a character");
        var typed = await store.AddAsync(Letter("jobs", 3) with { Message = ChannelMessage.Forward(WebSocketSend.FromBinary(new byte[5000])) });
        Assert.That(typed.Message.Fields["bytes"].GetBytes().Length, Is.InRange(1, 1024));
    }

    [Test]
    public async Task A_cut_letter_is_not_sent_again()
    {
        var store = Make(new() { MaxBodyBytes = 1024 });
        var letter = await store.AddAsync(Letter("jobs", 1) with { Message = new("job", new() { ["png"] = new byte[5000] }) });
        await using var services = new ServiceCollection().AddChannels().Services.BuildServiceProvider();
        Assert.That(async () => await store.ReplayAsync(services, "jobs", letter.Id), Throws.InvalidOperationException.With.Message.Contains("MaxBodyBytes"));
        Assert.That(await store.ListAsync("jobs"), Has.Count.EqualTo(1), "it stays");
    }

    [Test]
    public async Task Letters_that_make_room_are_counted_and_told_once()
    {
        var dropped = new List<(long, object?, object?)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, _metrics.Meter) && instrument.Name == "channels.worker.deadletters.dropped")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => dropped.Add((count, tags[0].Value, tags[1].Value)));
        listener.Start();
        var store = Make(new() { Capacity = 3, MaxBytes = 65_536 });
        for (var n = 0; n < 5; n++)
        {
            await store.AddAsync(Letter("jobs", n));
        }

        await store.AddAsync(Letter("jobs", 5) with { Message = new("job", new() { ["png"] = new byte[65_500] }) });
        await store.AddAsync(Letter("others", 6));
        Assert.That(dropped, Is.EqualTo(new (long, object?, object?)[] { (1, "jobs", "capacity"), (1, "jobs", "capacity"), (1, "jobs", "capacity"), (2, "jobs", "bytes") }));
        Assert.That(_log.Lines.Select(line => line.Text), Is.EqualTo(new[]
        {
            "Channel 'jobs': 1 of the oldest dead letters dropped, because Channels:DeadLetters:Capacity allows no more. Further ones are only counted until a minute passes without one.",
            "Channel 'jobs': 2 of the oldest dead letters dropped, because Channels:DeadLetters:MaxBytes allows no more. Further ones are only counted until a minute passes without one.",
        }));
    }

    private InMemoryDeadLetterStore Make(DeadLetterOptions options) => new(Options.Create(options), _time, new DeadLetterDrops(_metrics, _time, new Microsoft.Extensions.Logging.Logger<DeadLetterDrops>(_log)));

    private DeadLetter Letter(string channel, long number) => new("", channel, Job(number), "Exception: bad", 1, _time.GetUtcNow());
}
