namespace Channels;

/// <summary>Waits for the next event from the peer. One call at a time.</summary>
/// <param name="cancellationToken">Gives up waiting; nothing is lost, a later call returns the event.</param>
public delegate ValueTask<Event> Receive(CancellationToken cancellationToken = default);
