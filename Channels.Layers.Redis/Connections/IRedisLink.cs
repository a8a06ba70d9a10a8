namespace Channels.Layers.Redis;

/// <summary>A connection, or several that belong together, that lives as long as its layer, whatever it is for.</summary>
internal interface IRedisLink : IAsyncDisposable
{
    IReadOnlyList<RedisLinkHealth> Health { get; }

    /// <summary>Starts connecting; later calls do nothing.</summary>
    /// <returns>Completes when the first attempt has ended, well or not.</returns>
    Task StartAsync();

    /// <exception cref="InvalidOperationException">The layer cannot work with the server at all.</exception>
    void ThrowIfRefused();
}
