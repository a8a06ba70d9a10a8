namespace Channels.Layers.Redis;

/// <summary>The server's answer to a command is an error.</summary>
/// <param name="message">The server's own words.</param>
internal sealed class RespErrorException(string message) : Exception(message);
