using System.Collections;

namespace Channels;

/// <summary>
/// The groups one consumer is a member of. They are left when the consumer ends: after a disconnect, after an error,
/// after a refused handshake. Thread-safe.
/// </summary>
public sealed class ConsumerGroups : IReadOnlyCollection<string>, IWaveHolder
{
    // How long receivers are left asleep while one event after another sends to them.
    private static readonly TimeSpan MostHeld = TimeSpan.FromMilliseconds(1);

    private readonly IChannelLayer? _layer;
    private string? _channel;
    private WakeWave? _held;
    private int _holdingThread; // 0 while nothing is held
    private bool _watched;
    private string[]? _names = []; // replaced, never changed: most consumers have one or two groups; null after the end

    internal ConsumerGroups(IChannelLayer? layer) => _layer = layer;

    /// <summary>How many groups.</summary>
    public int Count => Volatile.Read(ref _names)?.Length ?? 0;

    /// <summary>
    /// Joins a group. Joining again only refreshes the membership. A group whose joining failed half-way is left like
    /// the others.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    /// <exception cref="ConnectionClosedException">The consumer has ended.</exception>
    public async ValueTask AddAsync(string group)
    {
        var (layer, channel) = RequireLayer();
        ChannelNames.ThrowIfNotGroup(group);
        if (!Change(static (names, group) => Array.IndexOf(names, group) < 0 ? [.. names, group] : names, group))
        {
            throw Ended(group);
        }

        await layer.GroupAddAsync(group, channel);
        if (Volatile.Read(ref _names) is null)
        {
            await layer.GroupDiscardAsync(group, channel); // the consumer left its groups while this one was joined
            throw Ended(group);
        }
    }

    /// <summary>Leaves a group; no error when the consumer is not a member.</summary>
    /// <param name="group">The group's name.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    public async ValueTask DiscardAsync(string group)
    {
        var (layer, channel) = RequireLayer();
        await layer.GroupDiscardAsync(group, channel);
        Change(static (names, group) => Array.FindAll(names, name => name != group), group);
    }

    /// <summary>Sends a message to every member of a group, this consumer included if it is one.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="message">The message.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    public ValueTask SendAsync(string group, ChannelMessage message)
    {
        var layer = RequireLayer().Layer;
        if (_holdingThread == 0 || _holdingThread != Environment.CurrentManagedThreadId || layer is not IWakeHoldingLayer holder)
        {
            return layer.GroupSendAsync(group, message);
        }

        SendHolding(holder, group, message);
        return ValueTask.CompletedTask;
    }

    /// <summary>Sends a typed record to every member of a group, this consumer included if it is one.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="group">The group's name.</param>
    /// <param name="message">The record.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    public ValueTask SendAsync<T>(string group, T message)
        where T : class, ITypedMessage<T> => SendAsync(group, ChannelMessage.Of(message));

    /// <summary>Sends a map to every member of a group, this consumer included if it is one.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="type">The message type.</param>
    /// <param name="fields">The content; null for none.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    public ValueTask SendAsync(string group, string type, MessageMap? fields = null) => SendAsync(group, new ChannelMessage(type, fields));

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)(Volatile.Read(ref _names) ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The consumer's channel is open: from now on groups can be joined. Before anybody else sees this object.</summary>
    internal void Begin(string channel) => _channel = channel;

    /// <summary>
    /// Until <see cref="Release"/>, receivers of what this thread sends are woken together. Every message is in their
    /// inboxes meanwhile, so the order of everything stays as it is.
    /// </summary>
    internal void Hold() => _holdingThread = Environment.CurrentManagedThreadId;

    /// <summary>Wakes the receivers.</summary>
    internal void Release()
    {
        _holdingThread = 0;
        if (Volatile.Read(ref _held) is not null)
        {
            ReleaseHeld();
        }
    }

    void IWaveHolder.ReleaseHeld()
    {
        Volatile.Write(ref _watched, false); // first: what is held afterwards is watched anew
        ReleaseHeld();
    }

    private void ReleaseHeld()
    {
        var held = Interlocked.Exchange(ref _held, null);
        WakeWave.Release(ref held);
    }

    private void SendHolding(IWakeHoldingLayer layer, string group, ChannelMessage message)
    {
        var held = Interlocked.Exchange(ref _held, null); // ours alone while it grows
        if (held is not null && layer.HeldFor(held) > MostHeld)
        {
            WakeWave.Release(ref held);
        }

        try
        {
            layer.GroupSend(group, message, ref held);
        }
        finally
        {
            Interlocked.Exchange(ref _held, held);
        }

        if (held is not null && !Volatile.Read(ref _watched))
        {
            Volatile.Write(ref _watched, true);
            layer.Watch(this);
        }
    }

    /// <summary>Leaves all groups, for good: none can be joined afterwards.</summary>
    internal async ValueTask LeaveAllAsync()
    {
        List<Exception>? errors = null;
        foreach (var group in Interlocked.Exchange(ref _names, null) ?? [])
        {
            try
            {
                await _layer!.GroupDiscardAsync(group, _channel!); // a name in the list means both exist
            }
            catch (Exception error)
            {
                (errors ??= []).Add(error); // the other groups must be left all the same
            }
        }

        if (errors is not null)
        {
            throw new AggregateException("Some groups could not be left; their memberships end by expiry.", errors);
        }
    }

    private static ConnectionClosedException Ended(string group) => new($"The consumer has ended and cannot join the group '{group}' any more.");

    private bool Change(Func<string[], string, string[]> change, string group)
    {
        while (Volatile.Read(ref _names) is { } names)
        {
            if (ReferenceEquals(Interlocked.CompareExchange(ref _names, change(names, group), names), names))
            {
                return true;
            }
        }

        return false; // the consumer has ended
    }

    private (IChannelLayer Layer, string Channel) RequireLayer()
    {
        if (_layer is null || _channel is null)
        {
            throw new InvalidOperationException("Groups need a channel layer, but none is configured: call services.AddChannels().");
        }

        return _layer.Features.HasFlag(ChannelLayerFeatures.Groups)
            ? (_layer, _channel)
            : throw new InvalidOperationException($"The channel layer '{_layer.Alias}' has no groups; choose one that has.");
    }
}
