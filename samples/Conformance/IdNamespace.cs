using Channels.SocketIO;

namespace Conformance;

/// <summary>Tells a client its id.</summary>
internal sealed partial class IdNamespace : SocketIOConsumer
{
    [On("getId")]
    public string GetId() => Socket.Id;
}
