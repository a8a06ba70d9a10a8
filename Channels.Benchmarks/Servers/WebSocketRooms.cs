using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Channels.Benchmarks;

/// <summary>Rooms as they are usually written by hand: a queue and a sending loop per socket, because a WebSocket allows one send at a time.</summary>
internal sealed class WebSocketRooms
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<WebSocket, ChannelWriter<byte[]>>> _rooms = new(StringComparer.Ordinal);

    internal Task ServeAsync(HttpContext context, string name) =>
        ServeAsync(context, name, static message => message.ToArray());

    /// <summary>Reads each message as an object and serialises it once for the whole room.</summary>
    internal Task ServeJsonAsync(HttpContext context, string name) => ServeAsync(context, name, static message =>
        JsonSerializer.SerializeToUtf8Bytes(JsonSerializer.Deserialize(message.Span, BenchJson.Default.BenchRecord)!, BenchJson.Default.BenchRecord));

    private async Task ServeAsync(HttpContext context, string name, Func<ReadOnlyMemory<byte>, byte[]> convert)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var room = _rooms.GetOrAdd(name, static _ => new());
        var queue = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
        room[socket] = queue.Writer;
        var sending = SendAsync(socket, queue.Reader);
        try
        {
            await AspNetWebSocketServer.ReadAsync(socket, message =>
            {
                var bytes = convert(message);
                foreach (var (_, member) in room) member.TryWrite(bytes);
                return ValueTask.CompletedTask;
            }, context.RequestAborted);
        }
        catch (WebSocketException)
        {
            // The peer went away without a closing handshake: the same end.
        }
        finally
        {
            room.TryRemove(socket, out _);
            queue.Writer.TryComplete();
            await sending;
        }
    }

    private static async Task SendAsync(WebSocket socket, ChannelReader<byte[]> queue)
    {
        await foreach (var message in queue.ReadAllAsync())
        {
            if (socket.State != WebSocketState.Open) return;
            await socket.SendAsync(message, WebSocketMessageType.Text, true, CancellationToken.None);
        }
    }
}
