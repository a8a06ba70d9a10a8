namespace Channels.Extending;

/// <summary>
/// Small values under keys, known to all processes on one layer, for what must outlive the process that knew it: each has one
/// owner at a time and is forgotten unless its owner writes it again in time. A keyed service under the layer's alias. For
/// authors of protocols. All members are thread-safe.
/// </summary>
public interface ILeasedState
{
    /// <summary>Writes a value; the owner has the key from now on.</summary>
    /// <param name="key">The key; a valid group name.</param>
    /// <param name="owner">Who writes: a name that nobody else has.</param>
    /// <param name="value">The value; not changed afterwards.</param>
    /// <param name="lifetime">When it is forgotten, unless it is written again; more than 0.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>False when another owner has taken the key over: nothing was written.</returns>
    /// <exception cref="ArgumentException">The key is not valid, or the owner is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lifetime"/> is not positive.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The server is away; whether the value was written may be unknown.</exception>
    ValueTask<bool> PutAsync(string key, string owner, ReadOnlyMemory<byte> value, TimeSpan lifetime, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes a value over: of several who try, one gets it. Until its lifetime is over the key belongs to the new owner, and the
    /// former one can write it no more.
    /// </summary>
    /// <param name="key">The key; a valid group name.</param>
    /// <param name="owner">The new owner: a name that nobody else has.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>The value; null when there is none, or another has taken it.</returns>
    /// <exception cref="ArgumentException">The key is not valid, or the owner is empty.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The server is away; whether the value was taken may be unknown.</exception>
    ValueTask<ReadOnlyMemory<byte>?> TakeAsync(string key, string owner, CancellationToken cancellationToken = default);

    /// <summary>Forgets a value; nothing happens when it is not this owner's.</summary>
    /// <param name="key">The key; a valid group name.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <exception cref="ArgumentException">The key is not valid, or the owner is empty.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The server is away; the value ends with its lifetime.</exception>
    ValueTask ReleaseAsync(string key, string owner, CancellationToken cancellationToken = default);
}
