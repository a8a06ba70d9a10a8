namespace Channels.Layers.Redis;

/// <summary>The server's answer to a command is an error.</summary>
/// <param name="message">The server's own words.</param>
internal sealed class RespErrorException(string message) : Exception(message)
{
    /// <summary>Whether the server says that a slot is another node's, or nobody's.</summary>
    public bool SaysMoved => Message.StartsWith("MOVED", StringComparison.Ordinal) || Message.StartsWith("CLUSTERDOWN", StringComparison.Ordinal);
}
