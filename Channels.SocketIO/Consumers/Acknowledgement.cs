namespace Channels.SocketIO;

/// <summary>How a handler acknowledges an event itself, once, at a time of its choice. Thread-safe.</summary>
public sealed class Acknowledgement
{
    private readonly SocketIOEvent _message;
    private readonly NamespaceConnection _connection;

    internal Acknowledgement(SocketIOEvent message, NamespaceConnection connection) => (_message, _connection) = (message, connection);

    /// <summary>Whether the client waits for it.</summary>
    public bool IsWanted => _message.AcknowledgementId is not null;

    /// <summary>Acknowledges the event; nothing happens when the client does not wait, has gone, or was answered already.</summary>
    /// <param name="arguments">What goes with it, each written by its JSON contract.</param>
    /// <exception cref="ArgumentException">The arguments cannot be sent.</exception>
    /// <exception cref="NotSupportedException">An argument has no JSON contract.</exception>
    public ValueTask SendAsync(params object?[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return _message.AcknowledgementId is { } id && _message.TryAcknowledge()
            ? _connection.Send(new SocketIOAcknowledge(id, _connection.Runtime.Codec.Encode(null, arguments)), CancellationToken.None)
            : ValueTask.CompletedTask;
    }
}
