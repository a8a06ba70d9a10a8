namespace Channels;

/// <summary>
/// Carries messages between consumer instances, worker processes, and whatever else speaks the same layer. Delivery is
/// at most once: a message may be lost, never doubled. All members are thread-safe.
/// </summary>
/// <remarks>
/// Names of channels and groups are 1 to 99 ASCII letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; a channel may hold
/// one <c>!</c> behind the part that names its process (<see cref="ChannelNames"/>).
/// </remarks>
public interface IChannelLayer
{
    /// <summary>The name under which the layer is registered; the usual one is <c>default</c>.</summary>
    string Alias { get; }

    /// <summary>What the layer can do.</summary>
    ChannelLayerFeatures Features { get; }

    /// <summary>Puts a message into a channel. Never waits for a reader.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="ChannelFullException">The channel holds as many unread messages as its capacity; nothing was written.</exception>
    ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default);

    /// <summary>
    /// Waits for the next message of a channel. Several readers may wait; each message goes to one of them. Giving up
    /// loses nothing.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default);

    /// <summary>Opens a new channel of this process under a name nobody else has (<c>new_channel</c> in Channels).</summary>
    /// <param name="prefix">The first part of the name, for people. Default <c>specific</c>.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>The receiving end; disposing it closes the channel and leaves its groups.</returns>
    ValueTask<ChannelInbox> NewChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default);

    /// <summary>Makes a channel a member of a group; adding again only refreshes the membership.</summary>
    /// <param name="group">The group.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <exception cref="ArgumentException">A name is not valid.</exception>
    ValueTask GroupAddAsync(string group, string channel, CancellationToken cancellationToken = default);

    /// <summary>Ends a membership; no error when there is none.</summary>
    /// <param name="group">The group.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <exception cref="ArgumentException">A name is not valid.</exception>
    ValueTask GroupDiscardAsync(string group, string channel, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts a message into the channel of every member. Members at capacity miss it, which is counted; the sender is
    /// not told.
    /// </summary>
    /// <param name="group">The group; one without members is no error.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default);

    /// <summary>Counts the members of a group, in all processes. Only with <see cref="ChannelLayerFeatures.Members"/>.</summary>
    /// <param name="group">The group.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="NotSupportedException">The layer does not know.</exception>
    ValueTask<long> GroupCountAsync(string group, CancellationToken cancellationToken = default) => throw MembersNotKnown();

    /// <summary>
    /// The channels that are members of a group, in all processes, in no particular order; read page by page as they are asked for.
    /// Who joins or leaves meanwhile may be missing or come twice. Only with <see cref="ChannelLayerFeatures.Members"/>.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="NotSupportedException">The layer does not know.</exception>
    IAsyncEnumerable<string> GroupMembersAsync(string group, CancellationToken cancellationToken = default) => throw MembersNotKnown();

    /// <summary>Empties all channels and groups; for development and tests.</summary>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    ValueTask FlushAsync(CancellationToken cancellationToken = default);

    private NotSupportedException MembersNotKnown() => new($"The layer '{Alias}' does not know the members of its groups; ask Features.HasFlag(ChannelLayerFeatures.{nameof(ChannelLayerFeatures.Members)}) first, or keep them as presence.");
}
