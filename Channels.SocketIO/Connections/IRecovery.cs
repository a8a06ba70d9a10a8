using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>Keeps clients that may come back: kept with what all sessions share, made by the room above.</summary>
internal interface IRecovery : IAsyncDisposable
{
    /// <summary>Gives a connection its id, and keeps its client from now on: one that was there before, or a new one.</summary>
    /// <param name="connection">The connection; it has not begun.</param>
    /// <param name="authentication">What the client says for itself.</param>
    /// <param name="user">Who it is; null for nobody in particular.</param>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    Task BeginAsync(NamespaceConnection connection, JsonElement authentication, string? user);
}
