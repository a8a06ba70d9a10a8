namespace Channels.Benchmarks;

/// <summary>When a publisher with several messages under way sends the next ones: how messages arrive decides what a server can put together.</summary>
internal enum Refill
{
    /// <summary>As many as there is room for, after all that has come was read: a few writes close together.</summary>
    InBatches,

    /// <summary>The next message as each one has arrived everywhere: a lone small write each time.</summary>
    OneByOne,

    /// <summary>A whole window in one write, when everything has arrived.</summary>
    Together,

    /// <summary>At two thirds of the rate that the same server reached just before in batches, whatever has arrived.</summary>
    AtRate,
}
