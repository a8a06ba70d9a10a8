namespace Channels.SocketIO;

/// <summary>What the clients of this process answer, and what is known of them.</summary>
internal static class LocalAnswers
{
    // Above all numbers that a client's own counter gives, and exact in JavaScript.
    private const long FirstShared = 1L << 32;
    private const long LastShared = 1L << 53;

    /// <summary>Emits one event to several clients and gathers their acknowledgements.</summary>
    public static async Task<GatheredAnswers> AskAsync(SocketIORuntime runtime, RoomTarget target, SocketIOEmit emit, TimeSpan timeout)
    {
        var shared = new SocketIOEmit(emit.Namespace, emit.Name, emit.Arguments, Random.Shared.NextInt64(FirstShared, LastShared)) { IsCompressible = emit.IsCompressible };
        using var deadline = new CancellationTokenSource(timeout, runtime.Time);
        var answers = await Task.WhenAll(target.In(runtime.Sockets).Select(socket => AskAsync(socket, shared, deadline.Token)));
        return new([.. answers.OfType<SocketIOArguments>()], answers.Count(answer => answer is null));
    }

    /// <summary>What is known of a client, for other processes.</summary>
    public static MessageMap Describe(NamespaceConnection socket)
    {
        var data = socket.Data.ToArray();
        var values = socket.Runtime.Codec.EncodeAll(data.Select(entry => entry.Value));
        var fields = new MessageMap
        {
            ["id"] = socket.Id,
            ["rooms"] = RoomMessages.ToList(socket.Rooms.ToArray()),
            ["names"] = RoomMessages.ToList(data.Select(entry => entry.Key)),
            ["url"] = socket.Scope is { } scope ? $"{scope.Path}{(scope.QueryString.Length > 0 ? "?" : "")}{scope.QueryString}" : "",
            ["address"] = socket.Scope?.Client?.ToString() ?? "",
            ["since"] = socket.Scope?.ConnectedAt.ToUnixTimeMilliseconds() ?? 0,
        };
        RoomMessages.Write(fields, values);
        return fields;
    }

    private static async Task<SocketIOArguments?> AskAsync(NamespaceConnection socket, SocketIOEmit emit, CancellationToken deadline)
    {
        var id = emit.AcknowledgementId!.Value; // it was made with one
        try
        {
            var answer = socket.Await(id);
            await socket.Send(emit, deadline);
            return await answer.WaitAsync(deadline);
        }
        catch (Exception error) when (error is OperationCanceledException or AcknowledgementException or InvalidOperationException)
        {
            return null; // too late, gone, or it owes too many already
        }
        finally
        {
            socket.Forget(id);
        }
    }
}
