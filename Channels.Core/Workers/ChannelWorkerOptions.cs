namespace Channels;

/// <summary>
/// How a worker reads one channel; bound from <c>Channels:Workers:CHANNEL</c> and checked when the host starts.
/// </summary>
public sealed class ChannelWorkerOptions
{
    private int? _maxAttempts;

    /// <summary>The alias of the layer to read from. Default <c>default</c>. It must share messages among readers, so not a pub/sub layout.</summary>
    public string Layer { get; set; } = ChannelLayerAliases.Default;

    /// <summary>How many messages of the channel are handled at the same time, each by a consumer of its own. Default 1, which keeps their order.</summary>
    public int Concurrency { get; set; } = 1;

    /// <summary>
    /// Whether the worker reads the layer's job queue (<see cref="IJobQueue"/>) instead of the layer itself: a job that was
    /// taken but not finished is handed to another worker, so it may start more than once. Default false: at most once.
    /// </summary>
    public bool Acknowledged { get; set; }

    /// <summary>
    /// How often a message is tried before it goes to the dead letters. Default 1: a job starts at most once. With more,
    /// a job that failed half-way runs again, so it must tolerate that. Default 5 when <see cref="Acknowledged"/>, where
    /// the attempts of workers that died count as well.
    /// </summary>
    public int MaxAttempts
    {
        get => _maxAttempts ?? (Acknowledged ? 5 : 1);
        set => _maxAttempts = value;
    }

    /// <summary>The pause before the second attempt; it doubles with each further one. Default 1 s; zero tries again at once.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause between two attempts. Default 60 s.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a stopping worker waits for what it has taken before it cancels the handlers; what they could not finish
    /// goes to the dead letters, or back to the queue when <see cref="Acknowledged"/>. Default 20 s; zero cancels at once. Keep it below the host's shutdown timeout.
    /// </summary>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The pause after an error of the layer, or of an application that fails without a message at hand. Default 1 s; at
    /// least 10 ms.
    /// </summary>
    public TimeSpan ErrorDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Throws when a value makes no sense; the message names the option.</summary>
    internal void Validate(string channel)
    {
        Require(!string.IsNullOrEmpty(Layer), channel, nameof(Layer), "must name a registered layer");
        Require(Concurrency is >= 1 and <= 1024, channel, nameof(Concurrency), "must be between 1 and 1024");
        Require(MaxAttempts >= 1, channel, nameof(MaxAttempts), "must be at least 1");
        Require(RetryDelay >= TimeSpan.Zero, channel, nameof(RetryDelay), "must not be negative");
        Require(MaxRetryDelay >= RetryDelay, channel, nameof(MaxRetryDelay), "must not be shorter than RetryDelay");
        Require(StopTimeout >= TimeSpan.Zero, channel, nameof(StopTimeout), "must not be negative");
        Require(ErrorDelay >= TimeSpan.FromMilliseconds(10), channel, nameof(ErrorDelay), "must be at least 10 ms");
    }

    private static void Require(bool fine, string channel, string option, string rule)
    {
        if (!fine)
        {
            throw new InvalidOperationException($"Channels:Workers:{channel}:{option} {rule}.");
        }
    }
}
