namespace Channels.Benchmarks;

/// <summary>
/// What one process sends through a layer by itself, with no socket in play. It receives all of it as well, and a sender
/// waits when too much of what it sent has not arrived: what is counted is what the whole way sustains. The server of the
/// cell is Redis; the process that is measured is this one.
/// </summary>
internal sealed record SendWorkload(string Name, string Title) : Workload(Name, Title)
{
    internal override string Unit => "sends";

    /// <summary>How many senders wait for their own sends at the same time.</summary>
    internal int Senders { get; init; } = 64;

    /// <summary>Members of each sender's own group; 0: it sends to a channel.</summary>
    internal int GroupMembers { get; init; }

    // The harness is synchronous; nothing waits for this thread.
    internal override CellResult Run(Cell cell) => new SendDriver(this, cell).RunAsync().GetAwaiter().GetResult();
}
