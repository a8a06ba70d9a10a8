using System.Collections.Concurrent;

namespace Channels.Tests.Workers;

/// <summary>Records what it handled, and in which instance; waits or fails as the test says.</summary>
internal sealed class JobConsumer(JobConsumer.Book book) : Consumer
{
    private readonly int _instance = Interlocked.Increment(ref book.Instances);

    protected override async ValueTask DispatchAsync(Event message)
    {
        var job = (ChannelMessage)message;
        var running = Interlocked.Increment(ref book.Running);
        book.MostRunning = Math.Max(book.MostRunning, running);
        try
        {
            book.Started.Add((job.Number(), _instance));
            await book.Handle(job, Aborted);
            book.Done.Add(job.Number());
        }
        finally
        {
            Interlocked.Decrement(ref book.Running);
        }
    }

    internal sealed class Book
    {
        public int Instances;
        public int Running;

        public int MostRunning { get; set; }

        public BlockingCollection<(long Number, int Instance)> Started { get; } = [];

        public BlockingCollection<long> Done { get; } = [];

        public Func<ChannelMessage, CancellationToken, Task> Handle { get; set; } = (_, _) => Task.CompletedTask;

        public Application Application => Consumer.Of<JobConsumer>(this);

        public long NextDone() => Done.TryTake(out var number, TimeSpan.FromSeconds(20)) ? number : throw new AssertionException("no job was finished");

        public (long Number, int Instance) NextStarted() => Started.TryTake(out var job, TimeSpan.FromSeconds(20)) ? job : throw new AssertionException("no job was started");
    }
}
