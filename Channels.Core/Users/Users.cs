using System.Security.Cryptography;
using System.Text;

namespace Channels;

/// <summary>
/// Reaches people instead of connections: every WebSocket of a user, on all machines, through the channel layer. In the services
/// of a host, over its layer <c>default</c>. Thread-safe.
/// </summary>
/// <remarks>
/// <para>Whoever finds out about a user puts the names under which the connection is to be reached into its scope
/// (<see cref="Names"/>); <c>AuthMiddleware</c> of Channels.AspNetCore does. WebSocket consumers join the group of each name before
/// they see their first event, in the layer that they use. Consumers of other protocols join <see cref="GroupOf"/> by themselves.</para>
/// <para>Delivery is the layer's: at most once, to those that are connected now.</para>
/// </remarks>
/// <param name="layer">The layer.</param>
public sealed class Users(IChannelLayer layer)
{
    /// <summary>The close code of WebSockets whose login has expired or was ended.</summary>
    public const int LoginEndedCode = 4401;

    private const string Prefix = "users.";

    private readonly IChannelLayer _layer = layer ?? throw new ArgumentNullException(nameof(layer));

    /// <summary>The names under which a WebSocket is reached: of a user, a tenant, a device. Of any text; nobody else's names may be among them.</summary>
    public static ScopeKey<IReadOnlyList<string>> Names { get; } = new("user names");

    /// <summary>The group of all connections with a name.</summary>
    /// <param name="name">The name; any text but the empty one. Names of other characters than groups may have, and long ones, are hashed.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static string GroupOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var plain = Prefix + name;
        return name[0] != '.' && ChannelNames.IsGroup(plain) ? plain : $"{Prefix}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes(name)))}";
    }

    /// <summary>Sends a message to every WebSocket of a user.</summary>
    /// <param name="name">The user's name.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Gives up waiting for the layer.</param>
    public ValueTask SendAsync(string name, ChannelMessage message, CancellationToken cancellationToken = default) =>
        _layer.GroupSendAsync(GroupOf(name), message, cancellationToken);

    /// <summary>Sends a typed record to every WebSocket of a user.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="name">The user's name.</param>
    /// <param name="message">The record.</param>
    /// <param name="cancellationToken">Gives up waiting for the layer.</param>
    public ValueTask SendAsync<T>(string name, T message, CancellationToken cancellationToken = default)
        where T : class, ITypedMessage<T> => SendAsync(name, ChannelMessage.Of(message), cancellationToken);

    /// <summary>Closes every WebSocket of a user.</summary>
    /// <param name="name">The user's name.</param>
    /// <param name="code">The close code. Default <see cref="LoginEndedCode"/>.</param>
    /// <param name="reason">The reason for the peer, at most 123 bytes of UTF-8.</param>
    /// <param name="cancellationToken">Gives up waiting for the layer.</param>
    public ValueTask DisconnectAsync(string name, int code = LoginEndedCode, string reason = "login ended", CancellationToken cancellationToken = default) =>
        SendAsync(name, ChannelMessage.CloseConnection(code, reason), cancellationToken);

    /// <summary>
    /// Tells every WebSocket of a user that the login is good for longer, for example after a new cookie or token was given
    /// out: those that would be closed at a time are closed at the new one.
    /// </summary>
    /// <param name="name">The user's name.</param>
    /// <param name="expires">The new time; null for never.</param>
    /// <param name="cancellationToken">Gives up waiting for the layer.</param>
    public ValueTask RenewAsync(string name, DateTimeOffset? expires, CancellationToken cancellationToken = default) =>
        SendAsync(name, ChannelMessage.RenewConnection(expires), cancellationToken);
}
