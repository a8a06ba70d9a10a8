namespace Channels.Layers.Redis;

/// <summary>What the parts of one core layer share.</summary>
/// <param name="Link">For its connections.</param>
/// <param name="Names">For its keys.</param>
/// <param name="Codec">For its messages.</param>
/// <param name="Drops">Where lost messages are counted.</param>
/// <param name="ProcessId">32 hex digits, fixed for the layer's life.</param>
internal sealed record CoreSettings(RedisLinkSettings Link, WireNames Names, WireCodec Codec, RedisDrops Drops, string ProcessId)
{
    public RedisLayerOptions Options => Link.Options;
}
