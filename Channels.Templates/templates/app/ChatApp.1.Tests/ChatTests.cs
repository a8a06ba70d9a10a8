using Channels;
using Channels.Testing;
using NUnit.Framework;

namespace ChatApp._1.Tests;

/// <summary>An application is a function, so these tests call it: no server, no socket, no browser.</summary>
public sealed class ChatTests
{
    private static readonly Application Root = Site.Create();

    [Test]
    public async Task The_page_is_served()
    {
        await using var request = Communicator.Http(Root, "GET", "/room/attic/");
        var response = await request.GetResponseAsync();
        Assert.That((response.Status, response.Text.Contains("<title>Chat</title>")), Is.EqualTo((200, true)));
    }

    [Test]
    public async Task Members_of_a_room_hear_each_other()
    {
        await using var services = TestServices.Create();
        await using var ada = await EnterAsync("lobby", services);
        await using var bob = await EnterAsync("lobby", services);

        await ada.SendJsonAsync(new Say("Ada", "Hello"));

        Assert.That(await bob.ReceiveJsonAsync<Said>(), Is.EqualTo(new Said("Ada", "Hello")));
        Assert.That(await ada.ReceiveJsonAsync<Said>(), Is.EqualTo(new Said("Ada", "Hello")));
    }

    [Test]
    public async Task Rooms_are_apart()
    {
        await using var services = TestServices.Create();
        await using var ada = await EnterAsync("lobby", services);
        await using var eve = await EnterAsync("attic", services);

        await ada.SendJsonAsync(new Say("Ada", "Can anybody hear me?"));

        await ada.ReceiveJsonAsync<Said>();
        await eve.ReceiveNothingAsync();
    }

    [TestCase("no JSON", 1007)]
    [TestCase("""{"name":"","text":"Who am I?"}""", 1008)]
    public async Task What_is_no_message_closes_the_connection(string text, int code)
    {
        await using var services = TestServices.Create();
        await using var ada = await EnterAsync("lobby", services);

        await ada.SendTextAsync(text);

        Assert.That((await ada.ReceiveCloseAsync()).Code, Is.EqualTo(code));
    }

    private static async Task<WebSocketCommunicator> EnterAsync(string room, IServiceProvider services)
    {
        var socket = Communicator.WebSocket(Root, $"/ws/room/{room}/").WithServices(services);
        Assert.That((await socket.ConnectAsync()).Accepted);
        return socket;
    }
}
