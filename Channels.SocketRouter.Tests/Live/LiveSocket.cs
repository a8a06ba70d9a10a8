using System.Net.WebSockets;
using System.Text;

namespace Channels.Tests.SocketRouter;

/// <summary>A connection to a live server that always waits for what comes next.</summary>
internal sealed class LiveSocket
{
    private readonly ClientWebSocket _socket;

    public LiveSocket(ClientWebSocket socket)
    {
        _socket = socket;
        Next = ReceiveAsync();
    }

    /// <summary>The next frame's text, or the code of the close.</summary>
    public Task<string> Next { get; private set; }

    /// <summary>Sends a request and takes the next frame.</summary>
    public async Task<string> AskAsync(string route)
    {
        await _socket.SendAsync(Encoding.UTF8.GetBytes(RouterClient.Request("a", route)), WebSocketMessageType.Text, true, default);
        var answer = await Next;
        Next = ReceiveAsync();
        return answer;
    }

    /// <summary>Answers the server's close.</summary>
    public async Task EndAsync()
    {
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", default);
        _socket.Dispose();
    }

    private async Task<string> ReceiveAsync()
    {
        var buffer = new byte[1_000]; // frames of these tests are smaller
        var result = await _socket.ReceiveAsync(buffer, default);
        return result.CloseStatus is { } code ? $"{(int)code}" : Encoding.UTF8.GetString(buffer, 0, result.Count);
    }
}
