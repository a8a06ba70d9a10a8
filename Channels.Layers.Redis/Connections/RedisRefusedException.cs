namespace Channels.Layers.Redis;

/// <summary>The server answers, but this layer can never work with it: trying again is useless until the configuration changes.</summary>
internal sealed class RedisRefusedException(string message) : Exception(message);
