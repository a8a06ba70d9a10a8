namespace Channels;

/// <summary>Names the layer a consumer uses when it is not <c>default</c>. An unknown alias stops the start.</summary>
/// <param name="alias">The layer's alias.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ChannelLayerAttribute(string alias) : Attribute
{
    /// <summary>The layer's alias.</summary>
    public string Alias { get; } = alias;
}
