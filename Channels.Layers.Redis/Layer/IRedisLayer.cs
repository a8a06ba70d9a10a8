namespace Channels.Layers.Redis;

/// <summary>What the host needs of a Redis layer, whichever its layout.</summary>
internal interface IRedisLayer
{
    string Alias { get; }

    IReadOnlyList<RedisLinkHealth> Links { get; }

    Task StartAsync(CancellationToken cancellationToken);
}
