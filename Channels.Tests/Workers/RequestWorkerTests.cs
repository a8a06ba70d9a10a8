using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels.Tests.Workers;

/// <summary>Workers answer requests like any consumer; what fails is the caller's, and no job to be tried again.</summary>
public sealed partial class RequestWorkerTests
{
    [Test]
    public async Task Workers_of_a_channel_share_its_requests_and_go_on_after_a_failure()
    {
        var book = new List<string>();
        using var host = await WorkerHarness.StartAsync("prices", Consumer.Of<PriceConsumer>(book), options => options.Concurrency = 2);
        var requests = host.Services.GetRequiredService<ChannelRequests>();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => requests.RequestAsync("prices", new ChannelMessage("price.ask", new() { ["n"] = n }), Eventually.Patience)));
        Assert.That(answers.Select(answer => answer.Fields["price"].GetInt64()), Is.EqualTo(Enumerable.Range(0, 20).Select(n => n * 100)));
        Assert.That(async () => await requests.RequestAsync("prices", new ChannelMessage("price.forbid"), Eventually.Patience), Throws.TypeOf<RequestFailedException>().With.Message.Contains("not for sale"));
        Assert.That(async () => await requests.RequestAsync("prices", new ChannelMessage("price.unknown"), Eventually.Patience), Throws.TypeOf<RequestUnansweredException>());
        Assert.That(await host.DeadLetters().ListAsync("prices"), Is.Empty);
        await host.Layer().SendAsync("prices", new ChannelMessage("price.ask", new() { ["n"] = 20 })); // nobody waits
        await Eventually.Is(() =>
        {
            lock (book)
            {
                return book.Count == 22;
            }
        });
        await host.StopAsync();
    }

    [Test]
    public async Task A_worker_that_is_stopped_tells_whoever_waits()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var host = await WorkerHarness.StartAsync("slow", Consumer.Of<SlowConsumer>(begun), options => options.StopTimeout = TimeSpan.Zero);
        var asking = host.Services.GetRequiredService<ChannelRequests>().RequestAsync("slow", new ChannelMessage("slow.ask"), Eventually.Patience);
        await begun.Task.WaitAsync(Eventually.Patience);
        await host.StopAsync();
        Assert.That(async () => await asking, Throws.TypeOf<RequestFailedException>().With.Message.Contains("ended"));
    }

    private sealed partial class PriceConsumer(List<string> book) : Consumer
    {
        [Answers("price.ask")]
        private MessageMap Ask(MessageMap fields)
        {
            Note("ask");
            return new() { ["price"] = fields["n"].GetInt64() * 100 };
        }

        [Answers("price.forbid")]
        private void Forbid()
        {
            Note("forbid");
            throw new InvalidOperationException("not for sale");
        }

        private void Note(string what)
        {
            lock (book)
            {
                book.Add(what);
            }
        }
    }

    private sealed partial class SlowConsumer(TaskCompletionSource begun) : Consumer
    {
        [Answers("slow.ask")]
        private Task AskAsync(CancellationToken cancellationToken)
        {
            begun.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }
}
