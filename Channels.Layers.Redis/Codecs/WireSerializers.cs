namespace Channels.Layers.Redis;

/// <summary>The serializers a layer may use: those added to its options, and the two that Python has.</summary>
internal static class WireSerializers
{
    private static readonly IMessageSerializer[] BuiltIn = [new MsgpackSerializer(), new JsonMessageSerializer()];

    /// <summary>The formats that <see cref="RedisLayerOptions.SerializerFormat"/> may name.</summary>
    public static IEnumerable<string> FormatsOf(RedisLayerOptions options) => All(options).Select(serializer => serializer.Format).Distinct();

    /// <summary>The serializer that <see cref="RedisLayerOptions.SerializerFormat"/> names, or null.</summary>
    public static IMessageSerializer? Find(RedisLayerOptions options) => All(options).FirstOrDefault(serializer => serializer.Format == options.SerializerFormat);

    private static IEnumerable<IMessageSerializer> All(RedisLayerOptions options) => [.. options.GetSerializers(), .. BuiltIn];
}
