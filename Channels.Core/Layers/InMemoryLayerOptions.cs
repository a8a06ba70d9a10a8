namespace Channels;

/// <summary>The limits of an <see cref="InMemoryChannelLayer"/>: the common ones.</summary>
public sealed class InMemoryLayerOptions : ChannelLayerOptions;
