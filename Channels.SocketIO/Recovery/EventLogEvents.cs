namespace Channels.SocketIO;

/// <summary>The first event of a reader: it begins to follow the history.</summary>
/// <param name="Done">Completed when it does.</param>
internal sealed record EventLogBegin(TaskCompletionSource Done) : Event("socketio.log.begin");

/// <summary>The last event of a reader: nobody needs it any more.</summary>
internal sealed record EventLogEnd() : Event("socketio.log.end");
