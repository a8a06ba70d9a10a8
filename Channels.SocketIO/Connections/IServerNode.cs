namespace Channels.SocketIO;

/// <summary>A server among those of other processes: kept with what all sessions share, used by the room above.</summary>
internal interface IServerNode : IAsyncDisposable;
