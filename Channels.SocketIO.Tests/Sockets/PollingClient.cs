using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Engine;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>A client in the main namespace that comes for what waits only when the test says so.</summary>
internal sealed class PollingClient
{
    private readonly Queue<string> _packets = new();
    private readonly Application _server;
    private readonly IServiceProvider _services;
    private string _session = "";

    private PollingClient(SocketIOServer server, IServiceProvider services) => (_server, _services) = (server, services);

    /// <summary>Asks to be let in, and comes for nothing yet.</summary>
    public static async Task<PollingClient> AskAsync(SocketIOServer server, IServiceProvider services, string authentication = "")
    {
        var client = new PollingClient(server, services);
        client._session = $"&sid={EngineServer.Handshake(await client.RequestAsync("GET")).GetProperty("sid").GetString()}";
        await client.SendAsync($"40{authentication}");
        return client;
    }

    /// <summary>Sends a packet.</summary>
    public async Task SendAsync(string packet) => Assert.That(await RequestAsync("POST", packet), Is.EqualTo("ok"));

    /// <summary>The next packet, which it polls for.</summary>
    public async Task<string> ReceiveAsync()
    {
        while (_packets.Count == 0)
        {
            foreach (var packet in (await RequestAsync("GET")).Split('\u001e'))
            {
                _packets.Enqueue(packet);
            }
        }

        return _packets.Dequeue();
    }

    /// <summary>Expects packets, in this order.</summary>
    public async Task ExpectAsync(params string[] packets)
    {
        foreach (var packet in packets)
        {
            Assert.That(await ReceiveAsync(), Does.StartWith(packet));
        }
    }

    private async Task<string> RequestAsync(string method, string? body = null)
    {
        var request = new HttpCommunicator(_server, method, $"/socket.io/{EngineServer.Polling}{_session}").WithServices(_services);
        var answer = await (body is null ? request : request.WithBody(body)).GetResponseAsync(Eventually.Patience);
        Assert.That(answer.Status, Is.EqualTo(200));
        return answer.Text;
    }
}
