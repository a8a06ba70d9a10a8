namespace Channels;

/// <summary>
/// Holds a connection's output back for a moment, so that what a batch of events produces leaves in one write (the
/// idea of TCP_CORK). A hint only: nothing waits for long, and sending works the same without it.
/// </summary>
/// <remarks>Cork and uncork come in pairs from one task at a time; other tasks may send meanwhile.</remarks>
public interface IOutputCork
{
    /// <summary>
    /// True when the peer's next event is waiting already: what the event at hand sends to groups may then leave
    /// together with what the next one sends. Default false.
    /// </summary>
    bool IsMoreComing => false;

    /// <summary>Begins to hold output back. Never blocks.</summary>
    void Cork();

    /// <summary>Lets everything held back go. Never blocks.</summary>
    void Uncork();
}
