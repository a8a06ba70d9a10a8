using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Channels.Kestrel;
using Channels.SocketRouter;
using Channels.Testing;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.SocketRouter;

/// <summary>Requests that wait for their handlers come out of what all peers together may make the server hold.</summary>
public sealed class HeldRequestTests
{
    private const int Most = 4_000_000;

    [Test]
    [Proves("FG-1")]
    public async Task Where_requests_hold_too_much_the_connection_with_most_of_them_ends_and_the_others_do_not()
    {
        await using var server = await LiveServer.StartAsync(Consumer.Of<TestRouter>(), builder =>
        {
            builder.Services.AddSingleton<Journal>();
            builder.Services.AddSocketRouter();
            builder.Services.Configure<WebSocketServerOptions>(options => options.CheckOrigin = false);
            builder.Set("Channels:Server:MaxHeldBytes", Most.ToString(CultureInfo.InvariantCulture));
        });
        using var little = await server.ConnectAsync("/router/");
        using var much = await server.ConnectAsync("/router/");
        var (polite, greedy) = (new LiveSocket(little), new LiveSocket(much));
        await SendAsync(little, 20_000); // counted, and so little that it ends after the largest, however long it is held
        await server.Services.GetRequiredService<Journal>().Slow.Reached;
        for (var sent = 0; sent <= Most; sent += 200_000)
        {
            await SendAsync(much, 200_000);
        }

        Assert.That(await greedy.Next.WaitAsync(Eventually.Patience), Is.EqualTo("1013"));
        server.Services.GetRequiredService<Journal>().Slow.Open();
        Assert.That(await polite.Next.WaitAsync(Eventually.Patience), Does.Contain("waited"));
    }

    private static async Task SendAsync(ClientWebSocket socket, int bytes)
    {
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(RouterClient.Request("a", "wait", $"\"{new string('x', bytes)}\"")), WebSocketMessageType.Text, true, default);
        }
        catch (WebSocketException)
        {
            // The server has had enough.
        }
    }
}
