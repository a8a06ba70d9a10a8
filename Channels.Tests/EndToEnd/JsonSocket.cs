using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>A WebSocket client that speaks JSON objects.</summary>
internal sealed class JsonSocket : IDisposable
{
    private static readonly TimeSpan Enough = Eventually.Patience;
    private readonly ClientWebSocket _socket = new();

    public static async Task<JsonSocket> ConnectAsync(Uri address)
    {
        var socket = new JsonSocket();
        await socket._socket.ConnectAsync(address, default);
        return socket;
    }

    public Task SendAsync(string json) => _socket.SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text, true, default);

    public async Task<JsonElement> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(Enough);
        using var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        WebSocketReceiveResult result;
        do
        {
            result = await _socket.ReceiveAsync(buffer, limit.Token);
            Assert.That(result.MessageType, Is.EqualTo(WebSocketMessageType.Text), $"{result.CloseStatus} {result.CloseStatusDescription}");
            message.Write(buffer, 0, result.Count);
        }
        while (!result.EndOfMessage);

        return JsonElement.Parse(message.ToArray());
    }

    /// <summary>Skips messages until one has the given text under the key.</summary>
    public async Task<JsonElement> ReceiveAsync(string key, string value)
    {
        while (true)
        {
            var message = await ReceiveAsync();
            if (message.TryGetProperty(key, out var found) && found.GetString() == value)
            {
                return message;
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}
