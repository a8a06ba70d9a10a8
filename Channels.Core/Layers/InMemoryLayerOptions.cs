namespace Channels;

/// <summary>The limits of an <see cref="InMemoryChannelLayer"/>: the common ones, and one by size.</summary>
public sealed class InMemoryLayerOptions : ChannelLayerOptions
{
    /// <summary>
    /// How many bytes the unread messages of a channel that nobody holds open may hold together, roughly, before sending
    /// fails with <see cref="ChannelFullException"/>: such a channel holds its messages for workers that may be gone. At least
    /// 65,536. Default 64 MiB.
    /// </summary>
    public long MaxChannelBytes { get; set; } = 64 * 1024 * 1024;
}
