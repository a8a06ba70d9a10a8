using System.Text.Json.Serialization;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.Options;

namespace Channels.Tests.Workers;

/// <summary>What waits for workers is bounded by bytes, not only by number.</summary>
public sealed partial class QueueBytesTests
{
    private static readonly ChannelMessage Large = new("job", new() { ["png"] = new byte[30_000] });

    [Test]
    [Proves("FG-7")]
    public async Task A_job_queue_in_memory_refuses_what_would_be_too_many_bytes_until_a_job_is_done()
    {
        var queue = new InMemoryJobQueue(Options.Create(new JobQueueOptions { MaxBytes = 65_536 }), new ManualTimeProvider());
        await queue.SendAsync("jobs", Large);
        await queue.SendAsync("jobs", Large);
        Assert.That(async () => await queue.SendAsync("jobs", Large), Throws.TypeOf<ChannelFullException>().With.Message.Contains("65536 bytes").And.Message.Contains("Channels:Jobs:MaxBytes"));
        await queue.SendAsync("others", Large);
        var job = await queue.TakeAsync("jobs");
        Assert.That(async () => await queue.SendAsync("jobs", Large), Throws.TypeOf<ChannelFullException>(), "a job that is at work still counts");
        await job.CompleteAsync();
        await queue.SendAsync("jobs", Large);
    }

    [Test]
    public async Task A_job_that_cannot_be_measured_takes_no_place()
    {
        var queue = new InMemoryJobQueue(Options.Create(new JobQueueOptions { Capacity = 1 }), new ManualTimeProvider());
        var (job, curious) = Make();
        curious.Read = () => throw new InvalidDataException();
        Assert.That(async () => await queue.SendAsync("jobs", job), Throws.TypeOf<InvalidDataException>());
        await queue.SendAsync("jobs", new ChannelMessage("job"));
    }

    [Test]
    public async Task A_large_job_that_is_refused_costs_no_small_one_its_place()
    {
        var queue = new InMemoryJobQueue(Options.Create(new JobQueueOptions { MaxBytes = 65_536 }), new ManualTimeProvider());
        var over = false;
        var large = new ChannelMessage("job", new() { ["png"] = new byte[65_536] });
        var refused = Task.Run(() =>
        {
            while (!Volatile.Read(ref over))
            {
                Assert.Throws<ChannelFullException>(() => queue.SendAsync("jobs", large).AsTask().GetAwaiter().GetResult());
            }
        });
        for (var n = 0; n < 20_000; n++)
        {
            await queue.SendAsync("jobs", new ChannelMessage("job"));
            await (await queue.TakeAsync("jobs")).CompleteAsync();
        }

        Volatile.Write(ref over, true);
        await refused;
    }

    [Test]
    public async Task A_message_is_measured_while_others_may_send()
    {
        var layer = new InMemoryChannelLayer();
        var (message, curious) = Make();
        var (asked, othersMaySend) = (0, false);
        curious.Read = () =>
        {
            if (Interlocked.Increment(ref asked) == 1)
            {
                othersMaySend = Task.Run(() => layer.SendAsync("work", new ChannelMessage("other")).AsTask()).Wait(Eventually.Patience);
            }

            return "";
        };
        await layer.SendAsync("work", message);
        Assert.That((asked > 0, othersMaySend), Is.EqualTo((true, true)));
        Assert.That((await layer.ReceiveAsync("work")).Type, Is.EqualTo("other"));
        Assert.That((await layer.ReceiveAsync("work")).Type, Is.EqualTo("job.curious"));
    }

    [Test]
    public async Task A_channel_in_memory_that_nobody_holds_open_refuses_what_would_be_too_many_bytes()
    {
        var layer = new InMemoryChannelLayer("default", new InMemoryLayerOptions { MaxChannelBytes = 65_536 });
        await layer.SendAsync("work", Large);
        await layer.SendAsync("work", Large);
        Assert.That(async () => await layer.SendAsync("work", Large), Throws.TypeOf<ChannelFullException>().With.Message.Contains("MaxChannelBytes"));
        await layer.ReceiveAsync("work");
        await layer.SendAsync("work", Large);
        await layer.FlushAsync();
        await layer.SendAsync("work", Large);
        await layer.SendAsync("work", Large);
        Assert.That(() => new InMemoryChannelLayer("default", new InMemoryLayerOptions { MaxChannelBytes = 1 }), Throws.ArgumentException.With.Message.Contains("MaxChannelBytes"));
    }

    [Test]
    public void The_size_of_a_message_counts_what_it_holds_whatever_it_was_made_of()
    {
        Assert.That(MessageSize.Of(Large), Is.InRange(30_000, 31_000));
        Assert.That(MessageSize.Of(ChannelMessage.Forward(WebSocketSend.FromBinary(new byte[5000]))), Is.InRange(5000, 5100));
        Assert.That(MessageSize.Of(ChannelMessage.Of(new Specifications.TypedSample(new string('x', 1000), 1.0, new byte[2000], new("deep", new byte[3000]), ["a"]))), Is.InRange(7000, 7500));
        Assert.That(MessageSize.Of(ChannelMessage.Of(new Layers.FlatContent { Text = new string('x', 1000) })), Is.InRange(2000, 2500));
    }

    private static (ChannelMessage Message, Curious Content) Make()
    {
        var content = new Curious();
        return (ChannelMessage.Of(content), content);
    }

    /// <summary>A record whose property is code.</summary>
    [Message("job.curious", typeof(CuriousJson))]
    public sealed partial record Curious
    {
        internal Func<string> Read { get; set; } = () => "";

        public string Text => Read();
    }

    [JsonSerializable(typeof(Curious))]
    internal sealed partial class CuriousJson : JsonSerializerContext;
}
