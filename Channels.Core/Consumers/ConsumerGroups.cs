using System.Collections;

namespace Channels;

/// <summary>
/// The groups one consumer is a member of. They are left when the consumer ends: after a disconnect, after an error,
/// after a refused handshake. Not safe for concurrent use; handlers run one at a time.
/// </summary>
public sealed class ConsumerGroups : IReadOnlyCollection<string>
{
    private readonly IChannelLayer? _layer;
    private readonly string? _channel;
    private readonly List<string> _names = new(0); // most consumers have one or two groups; a set would cost more

    internal ConsumerGroups(IChannelLayer? layer, string? channel) => (_layer, _channel) = (layer, channel);

    /// <summary>How many groups.</summary>
    public int Count => _names.Count;

    /// <summary>Joins a group. Joining again only refreshes the membership.</summary>
    /// <param name="group">The group's name.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured, or it has no groups.</exception>
    public async ValueTask AddAsync(string group)
    {
        var (layer, channel) = RequireLayer();
        await layer.GroupAddAsync(group, channel);
        if (!_names.Contains(group))
        {
            _names.Add(group);
        }
    }

    /// <summary>Leaves a group; no error when the consumer is not a member.</summary>
    /// <param name="group">The group's name.</param>
    public async ValueTask DiscardAsync(string group)
    {
        var (layer, channel) = RequireLayer();
        await layer.GroupDiscardAsync(group, channel);
        _names.Remove(group);
    }

    /// <summary>Sends a message to every member of a group, this consumer included if it is one.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="message">The message.</param>
    public ValueTask SendAsync(string group, ChannelMessage message) => RequireLayer().Layer.GroupSendAsync(group, message);

    /// <summary>Sends a typed record to every member of a group, this consumer included if it is one.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="group">The group's name.</param>
    /// <param name="message">The record.</param>
    public ValueTask SendAsync<T>(string group, T message)
        where T : class, ITypedMessage<T> => SendAsync(group, ChannelMessage.Of(message));

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => _names.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal async ValueTask LeaveAllAsync()
    {
        List<Exception>? errors = null;
        foreach (var group in _names)
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

        _names.Clear();
        if (errors is not null)
        {
            throw new AggregateException("Some groups could not be left; their memberships end by expiry.", errors);
        }
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
