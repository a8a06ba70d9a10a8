using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>Serves one administrator: shows what is there, and obeys.</summary>
/// <param name="admin">What all of them share.</param>
internal sealed class AdminNamespace(SocketIOAdmin admin) : SocketIOConsumer
{
    /// <inheritdoc/>
    protected override async ValueTask OnConnectAsync(JsonElement authentication)
    {
        if (await admin.Gate.LetInAsync(Scope) is { } session)
        {
            await Socket.EmitAsync("session", session);
        }

        await Socket.EmitAsync("config", admin.Config);
        if (admin.Options.ReportAll)
        {
            // A member first: what happens from here on waits for the end of this handler, and so comes behind the list.
            await Groups.AddAsync(SocketIOGroups.OfNamespace(Socket.Namespace, Scope.Connection.Runtime.Options.GroupPrefix));
            await Socket.EmitAsync("all_sockets", await admin.ListSocketsAsync());
        }
    }

    /// <inheritdoc/>
    protected override ValueTask DispatchEventAsync(SocketIOEvent message) =>
        admin.Options.ReadOnly ? ValueTask.CompletedTask
        : Obey(message.Name, message.Arguments) is { } done ? CompleteAsync(message, done)
        : PassOver(message, "command");

    // Null when it is no command. A filter that cannot be read must not become everybody.
    private ValueTask? Obey(string name, SocketIOArguments arguments) => name switch
    {
        "emit" when TryFind(arguments, filter: 1, out var target) && arguments.TryGet<string>(2, out var emitted) && !string.IsNullOrEmpty(emitted) && !PacketReader.IsReserved(emitted)
            => target.EmitAsync(emitted, arguments.Skip(3)),
        "join" when TryFind(arguments, filter: 2, out var target) && arguments.TryGet<string>(1, out var room) && !string.IsNullOrEmpty(room)
            => target.SocketsJoinAsync(room),
        "leave" when TryFind(arguments, filter: 2, out var target) && arguments.TryGet<string>(1, out var room) && !string.IsNullOrEmpty(room)
            => target.SocketsLeaveAsync(room),
        "_disconnect" when TryFind(arguments, filter: 2, out var target) && arguments.TryGet<bool>(1, out var close)
            => target.DisconnectSocketsAsync(close),
        _ => null,
    };

    private bool TryFind(SocketIOArguments arguments, int filter, out BroadcastOperator target)
    {
        target = admin.Everybody;
        if (!arguments.TryGet<string>(0, out var space) || string.IsNullOrEmpty(space))
        {
            return false;
        }

        target = admin.Of(space);
        if (arguments.Count <= filter)
        {
            return true;
        }

        if (!arguments.TryGet<string>(filter, out var room))
        {
            return false;
        }

        target = string.IsNullOrEmpty(room) ? target : target.To(room);
        return true;
    }
}
