namespace Channels.SocketIO;

/// <summary>What one session holds between the requests and WebSockets that carry it.</summary>
/// <param name="session">The session.</param>
/// <param name="request">What opens it.</param>
internal sealed class SessionMemory(SessionLife session, RequestScope request) : MemoryHolder(request.GetMemory())
{
    // Elsewhere: ending takes the session's lock, inside which this is forgotten.
    protected override void EndForMemory() => _ = Task.Run(session.OnMemoryShort);
}
