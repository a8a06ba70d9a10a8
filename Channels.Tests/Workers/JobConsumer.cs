namespace Channels.Tests.Workers;

/// <summary>Records what it handled, and in which instance; waits or fails as the test says.</summary>
internal sealed class JobConsumer(JobConsumer.Book book) : Consumer
{
    private readonly int _instance = book.NextInstance();

    protected override async ValueTask DispatchAsync(Event message)
    {
        var job = (ChannelMessage)message;
        book.Begin();
        try
        {
            book.Started.Add((job.Number(), _instance));
            await book.Handle(job, Aborted);
            book.Done.Add(job.Number());
        }
        finally
        {
            book.End();
        }
    }

    /// <summary>What all instances have done. Thread-safe.</summary>
    internal sealed class Book
    {
        private readonly Lock _lock = new();
        private int _instances;
        private int _running;
        private int _mostRunning;

        public int Instances
        {
            get
            {
                lock (_lock)
                {
                    return _instances;
                }
            }
        }

        /// <summary>How many jobs at most were at work at a time.</summary>
        public int MostRunning
        {
            get
            {
                lock (_lock)
                {
                    return _mostRunning;
                }
            }
        }

        public Noted<(long Number, int Instance)> Started { get; } = new();

        public Noted<long> Done { get; } = new();

        public Func<ChannelMessage, CancellationToken, Task> Handle { get; set; } = (_, _) => Task.CompletedTask;

        public Application Application => Consumer.Of<JobConsumer>(this);

        public Task<long> NextDoneAsync() => Done.NextAsync();

        public Task<(long Number, int Instance)> NextStartedAsync() => Started.NextAsync();

        internal int NextInstance()
        {
            lock (_lock)
            {
                return ++_instances;
            }
        }

        internal void Begin()
        {
            lock (_lock)
            {
                _running++;
                _mostRunning = Math.Max(_mostRunning, _running);
            }
        }

        internal void End()
        {
            lock (_lock)
            {
                _running--;
            }
        }
    }
}
