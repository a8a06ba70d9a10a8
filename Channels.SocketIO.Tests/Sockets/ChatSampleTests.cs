using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using SocketIOChat;

namespace Channels.Tests.Sockets;

/// <summary>The chat over Socket.IO as its clients see it: what a room costs that is full, and a person who does not stop.</summary>
[Proves("FG-16")]
internal sealed class ChatSampleTests
{
    private readonly List<FakeClient> _clients = [];
    private ManualTimeProvider _time = null!;
    private ServiceProvider _services = null!;
    private SocketIOServer _server = null!;

    [SetUp]
    public void MakeServer()
    {
        _time = new();
        _services = TestServices.Create(services => services.AddSingleton<TimeProvider>(_time).AddChannels());
        _server = new() { { "/", Consumer.Of<ChatNamespace>() } };
        _server.Prepare(_services);
    }

    [TearDown]
    public async Task EndAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        _clients.Clear();
        await _services.DisposeAsync();
    }

    [Test]
    public async Task Who_enters_gets_the_list_once_and_then_hears_who_comes_and_goes()
    {
        var ann = await EnterAsync("ann");
        ann.Text("21[\"join\",\"hall\"]");
        await ann.ExpectAsync("431[[\"ann\"]]");
        var bob = await EnterAsync("bob");
        bob.Text("21[\"join\",\"hall\"]");
        await bob.ExpectAsync("431[[\"ann\",\"bob\"]]");
        await ann.ExpectAsync("42[\"joined\",\"bob\"]");
        bob.Text("22[\"join\",\"elsewhere\"]");
        await bob.ExpectAsync("432[[\"bob\"]]");
        await ann.ExpectAsync("42[\"left\",\"bob\"]");
        bob.Text("23[\"join\",\"hall\"]");
        await bob.ExpectAsync("433[[\"ann\",\"bob\"]]");
        await ann.ExpectAsync("42[\"joined\",\"bob\"]");
    }

    [TestCase("\"say\",\"x\"")]
    [TestCase("\"join\",\"hall\"")]
    public async Task Whoever_does_too_much_at_once_has_to_wait(string what)
    {
        var ann = await EnterAsync("ann");
        ann.Text("20[\"join\",\"hall\"]");
        await ann.ExpectAsync("430[[\"ann\"]]");
        for (var i = 1; i < 20; i++)
        {
            await TryAsync(i, isTaken: true);
        }

        await TryAsync(20, isTaken: false);
        _time.Advance(TimeSpan.FromSeconds(1));
        await TryAsync(21, isTaken: true);
        await TryAsync(22, isTaken: true);
        await TryAsync(23, isTaken: false);

        async Task TryAsync(int id, bool isTaken)
        {
            ann.Text($"2{id}[{what}]");
            Assert.That(await ann.ReceiveAsync(), isTaken ? Does.StartWith($"43{id}[").And.Not.EndWith("[null]") : Is.EqualTo($"43{id}[null]"));
        }
    }

    [Test]
    public async Task Others_do_not_see_somebody_write_who_does_so_too_often()
    {
        var (ann, bob) = (await EnterAsync("ann"), await EnterAsync("bob"));
        ann.Text("20[\"join\",\"hall\"]");
        await ann.ExpectAsync("430[[\"ann\"]]");
        bob.Text("20[\"join\",\"hall\"]");
        await bob.ExpectAsync("430[[\"ann\",\"bob\"]]");
        for (var i = 0; i < 30; i++)
        {
            ann.Text($"21{i}[\"typing\",true]");
        }

        for (var i = 0; i < 19; i++)
        {
            await bob.ExpectAsync("42[\"typing\",\"ann\",true]");
        }

        bob.Text("21[\"join\",\"elsewhere\"]");
        await bob.ExpectAsync("431[[\"bob\"]]");
    }

    [TestCase(0)]
    [TestCase(65)]
    public async Task A_room_has_a_name_of_a_length_that_others_can_bear(int length)
    {
        var ann = await EnterAsync("ann");
        ann.Text($"21[\"join\",\"{new string('r', length)}\"]");
        await ann.ExpectAsync("431[null]");
    }

    private async Task<FakeClient> EnterAsync(string name)
    {
        var client = new FakeClient(_server, _services);
        _clients.Add(client);
        await client.EnterAsync(authentication: $"{{\"name\":\"{name}\"}}");
        return client;
    }
}
