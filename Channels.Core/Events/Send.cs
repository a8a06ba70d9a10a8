namespace Channels;

/// <summary>Sends an event to the peer. Safe to call from several tasks: events do not mix, each caller's order is kept.</summary>
/// <param name="message">The event.</param>
/// <param name="cancellationToken">Gives up waiting for room; the event is then not sent.</param>
/// <returns>A task that ends when the event was taken over, which is when there is room for it in the outbound queue.</returns>
/// <exception cref="IllegalEventException">The event is not legal in the connection's state.</exception>
/// <exception cref="ConnectionClosedException">The connection has ended; servers tolerate it when it leaves an application.</exception>
public delegate ValueTask Send(Event message, CancellationToken cancellationToken = default);
