using System.Collections.Concurrent;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class ChaosTests
{
    [Test]
    [Proves("REL-27", "REL-41")]
    public async Task Every_connection_gets_exactly_one_disconnect_whatever_happens()
    {
        var disconnects = new ConcurrentDictionary<int, int>();
        var connections = 0;
        await using var server = await WebSocketServer.StartAsync(async (scope, receive, send) =>
        {
            var id = Interlocked.Increment(ref connections);
            var random = new Random(id);
            try
            {
                while (true)
                {
                    var message = await receive();
                    switch (message)
                    {
                        case WebSocketConnect when random.Next(10) == 0:
                            await send(new WebSocketClose());
                            break;
                        case WebSocketConnect:
                            await send(new WebSocketAccept());
                            break;
                        case WebSocketReceive when random.Next(5) == 0:
                            await send(new WebSocketClose(4000));
                            break;
                        case WebSocketReceive got:
                            await send(new WebSocketSend(got.Kind, got.Payload));
                            break;
                        case WebSocketDisconnect:
                            disconnects.AddOrUpdate(id, 1, (_, count) => count + 1);
                            return;
                    }
                }
            }
            catch (ConnectionClosedException)
            {
                while (await receive() is not WebSocketDisconnect)
                {
                }

                disconnects.AddOrUpdate(id, 1, (_, count) => count + 1);
            }
        });
        await Parallel.ForEachAsync(Enumerable.Range(0, 600), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (seed, _) => await VisitAsync(server.Port, seed));
        await server.Host.StopAsync(); // who was reset at once may not have been accepted yet: from here on nobody comes any more
        await Support.Eventually.Is(() => server.OpenSockets == 0 && disconnects.Count == Volatile.Read(ref connections));
        Assert.That(disconnects.Values, Is.All.EqualTo(1));
    }

    private static async Task VisitAsync(int port, int seed)
    {
        var random = new Random(seed);
        using var client = await RawWebSocketClient.ConnectAsync(port);
        try
        {
            await client.SendAsync(System.Text.Encoding.ASCII.GetBytes(RawWebSocketClient.Request()));
            if (random.Next(10) == 0)
            {
                client.Reset();
                return;
            }

            if (!(await client.ReadHeadAsync()).StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
            {
                return;
            }

            for (var i = random.Next(5); i > 0; i--)
            {
                await client.SendTextAsync(new string('x', random.Next(2000)));
            }

            switch (random.Next(5))
            {
                case 0:
                    client.Reset();
                    break;
                case 1:
                    await client.SendAsync(new byte[] { 0xff, 0xff });
                    break;
                case 2:
                    await client.SendAsync(RawFrame.ClientClose(1000));
                    await client.ReadToEndAsync();
                    break;
                case 3:
                    await client.SendAsync(RawFrame.ClientText("cut off").AsMemory(0, 5));
                    break;
            }
        }
        catch (IOException)
        {
            // the server closed first: one of the things that happen here
        }
    }
}
