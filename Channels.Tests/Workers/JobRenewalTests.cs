using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using static Channels.Tests.Workers.WorkerHarness;

namespace Channels.Tests.Workers;

/// <summary>A queue that fails while a job is renewed.</summary>
public sealed class JobRenewalTests
{
    [Test]
    public async Task A_renewal_that_fails_in_the_moment_the_job_ends_costs_neither_the_job_nor_the_worker()
    {
        var queue = new StubQueue();
        var book = new JobConsumer.Book { Handle = (_, _) => queue.Renewing.Task };
        using var host = await StartAsync("jobs", book.Application, options => options.Acknowledged = true, services => services.AddChannels().AddJobs("default", _ => queue));
        for (var n = 1; n <= 2; n++)
        {
            queue.Jobs.Writer.TryWrite(Job(n));
            Assert.That(await book.NextDoneAsync(), Is.EqualTo(n));
            await Eventually.Is(() => queue.Completed == n);
        }

        Assert.That(await host.DeadLetters().ListAsync("jobs"), Is.Empty);
        await host.StopAsync();
    }

    private sealed class StubQueue : IJobQueue
    {
        public System.Threading.Channels.Channel<ChannelMessage> Jobs { get; } = System.Threading.Channels.Channel.CreateUnbounded<ChannelMessage>();

        public TaskCompletionSource Renewing { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Completed { get; set; }

        public ValueTask SendAsync(string channel, ChannelMessage job, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<string> ScheduleAsync(string channel, ChannelMessage job, JobStart start, string? id = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<bool> CancelAsync(string channel, string id, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public async ValueTask<TakenJob> TakeAsync(string channel, CancellationToken cancellationToken = default) => new Job(this, await Jobs.Reader.ReadAsync(cancellationToken));

        private sealed class Job(StubQueue queue, ChannelMessage message) : TakenJob(message, 1)
        {
            public override TimeSpan RenewPeriod => TimeSpan.FromMilliseconds(1);

            public override ValueTask CompleteAsync(CancellationToken cancellationToken = default)
            {
                queue.Completed++;
                return ValueTask.CompletedTask;
            }

            public override ValueTask ReleaseAsync(bool countAttempt, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

            // Answers only when the renewing is to stop, and then with an error of the network.
            public override async ValueTask<bool> RenewAsync(int attempt, CancellationToken cancellationToken = default)
            {
                queue.Renewing.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new IOException("the connection was lost");
            }
        }
    }
}
