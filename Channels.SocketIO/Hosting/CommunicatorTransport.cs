using System.Security.Claims;
using System.Threading.Channels;

namespace Channels.SocketIO;

/// <summary>What carries the session of a <see cref="SocketIOCommunicator"/>: calls of the application, and queues.</summary>
internal abstract class CommunicatorTransport
{
    private readonly Channel<EngineIOMessage> _received = Channel.CreateUnbounded<EngineIOMessage>();

    /// <summary>Facts about the requests.</summary>
    public required string Path { get; init; }

    public required IServiceProvider Services { get; init; }

    public required HeaderList Headers { get; init; }

    public required string QueryString { get; init; }

    public ClaimsPrincipal? User { get; init; }

    /// <summary>Messages of the server; ends when the session does, with the application's failure if that was why.</summary>
    public ChannelReader<EngineIOMessage> Received => _received.Reader;

    /// <summary>Opens the session; throws when it is refused.</summary>
    public abstract Task OpenAsync();

    /// <summary>Sends a message and the byte arrays behind it.</summary>
    public abstract Task SendAsync(EngineIOSend message);

    /// <summary>Breaks the connection without a word, and waits until the server is done with it.</summary>
    public abstract Task DropAsync();

    /// <summary>Takes what the server has sent.</summary>
    /// <returns>The answer that is owed to it; null for none.</returns>
    protected EnginePacketType? Take(in EnginePacket packet)
    {
        switch (packet.Type)
        {
            case EnginePacketType.Message:
                _received.Writer.TryWrite(packet.IsText ? new EngineIOMessage(true, packet.Data) : EngineIOMessage.FromBinary(packet.Data));
                break;
            case EnginePacketType.Ping:
                return EnginePacketType.Pong;
            case EnginePacketType.Close:
                End(null);
                break;
        }

        return null;
    }

    protected void End(Exception? failure) => _received.Writer.TryComplete(failure);
}
