using Channels.Testing;
using Microsoft.Extensions.Options;

namespace Channels.Tests.Workers;

/// <summary>What waits for workers is bounded by bytes, not only by number.</summary>
public sealed class QueueBytesTests
{
    private static readonly ChannelMessage Large = new("job", new() { ["png"] = new byte[30_000] });

    [Test]
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
}
