using System.Net.WebSockets;
using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>Whole messages over a client's WebSocket.</summary>
internal static class SocketMessages
{
    extension(ClientWebSocket socket)
    {
        public Task SendTextAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);

        public Task SendBytesAsync(params byte[] bytes) => socket.SendAsync(bytes, WebSocketMessageType.Binary, true, CancellationToken.None);

        public async Task<string> ReadTextAsync()
        {
            var (type, bytes) = await socket.ReadAsync();
            Assert.That(type, Is.EqualTo(WebSocketMessageType.Text));
            return Encoding.UTF8.GetString(bytes);
        }

        public async Task<byte[]> ReadBytesAsync()
        {
            var (type, bytes) = await socket.ReadAsync();
            Assert.That(type, Is.EqualTo(WebSocketMessageType.Binary));
            return bytes;
        }

        /// <summary>A packet as polling would show it.</summary>
        public async Task<string> ReadPacketAsync()
        {
            var (type, bytes) = await socket.ReadAsync();
            return type == WebSocketMessageType.Text ? Encoding.UTF8.GetString(bytes) : $"b{Convert.ToBase64String(bytes)}";
        }

        /// <summary>Reads up to the close, and returns its code.</summary>
        public async Task<int> ReadCloseAsync()
        {
            while ((await socket.ReadAsync()).Type != WebSocketMessageType.Close)
            {
            }

            return (int)socket.CloseStatus!; // a close has come
        }

        private async Task<(WebSocketMessageType Type, byte[] Bytes)> ReadAsync()
        {
            using var limit = new CancellationTokenSource(Eventually.Patience);
            using var joined = new MemoryStream();
            var buffer = new byte[64 * 1024];
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer, limit.Token);
                joined.Write(buffer, 0, part.Count);
                if (part.EndOfMessage)
                {
                    return (part.MessageType, joined.ToArray());
                }
            }
        }
    }
}
