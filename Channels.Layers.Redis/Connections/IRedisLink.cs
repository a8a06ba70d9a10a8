namespace Channels.Layers.Redis;

/// <summary>A connection that lives as long as its layer, whatever it is for.</summary>
internal interface IRedisLink : IAsyncDisposable
{
    RedisLinkHealth Health { get; }

    /// <summary>Starts connecting; later calls do nothing.</summary>
    /// <returns>Completes when the first attempt has ended, well or not.</returns>
    Task StartAsync();

    /// <exception cref="InvalidOperationException">The layer cannot work with the server at all.</exception>
    void ThrowIfRefused();
}
