using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Channels.Tests.Sockets;

/// <summary>For how long clients are kept, how much of them, and where they are not.</summary>
internal sealed class RecoveryLimitTests() : RecoveryFixture("memory")
{
    private readonly ManualTimeProvider _time = new();

    [TestCase(119, true)]
    [TestCase(121, false)]
    [Proves("S-SIO-84")]
    public async Task Who_comes_too_late_begins_anew(int seconds, bool inTime)
    {
        var process = await StartAsync();
        var client = await ConnectAsync(process);
        _time.Advance(TimeSpan.FromHours(3)); // as long as it is there it is kept
        await client.CallAsync("[\"join\",\"room\"]");
        await process.Server.To("room").EmitAsync("last");
        await client.ExpectAsync("42[\"last\"]");
        await client.DropAsync();
        _time.Advance(TimeSpan.FromSeconds(seconds));
        var id = client.Id;
        await client.ConnectAsync(process.Server, process.Services);
        Assert.That(client.Id, inTime ? Is.EqualTo(id) : Is.Not.EqualTo(id));
    }

    [TestCase(999, false)]
    [TestCase(1_000, true)]
    [Proves("S-SIO-85")]
    public async Task The_state_of_a_client_that_has_come_back_is_not_to_be_had_for_a_moment(int milliseconds, bool isThere)
    {
        var process = await StartAsync();
        var client = await ConnectAsync(process);
        await client.DropAsync();
        var id = client.Id;
        await client.ConnectAsync(process.Server, process.Services);
        Assert.That(client.Id, Is.EqualTo(id));
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        await client.CallAsync("[\"join\",\"room\"]"); // waits for what is being written
        var twin = NewClient();
        (twin.Pid, twin.Offset) = (client.Pid, client.Offset);
        await twin.ConnectAsync(process.Server, process.Services);
        Assert.That(twin.Id, isThere ? Is.EqualTo(id) : Is.Not.EqualTo(id));
        if (isThere)
        {
            await client.ExpectAsync("close");
        }
    }

    [Test]
    public async Task Nothing_is_left_when_the_last_client_has_gone()
    {
        var process = await StartAsync();
        var client = await ConnectAsync(process);
        Assert.That(_time.ActiveTimers, Is.Positive);
        client.Session.Text("1");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("connected False"));
        Assert.That(await Journal.NextAsync(), Is.EqualTo("left client namespace disconnect"));
        await client.DropAsync();
        await Eventually.Is(() => _time.ActiveTimers == 0);
    }

    [Test]
    public async Task A_client_with_too_much_begins_anew_and_it_is_logged_once()
    {
        var process = await StartAsync(new() { Recovery = new() { MaxStateBytes = 1_024 } });
        var client = await ConnectAsync(process, new string('r', 600), new string('s', 600));
        await client.DropAsync();
        var id = client.Id;
        await client.ConnectAsync(process.Server, process.Services);
        Assert.That(client.Id, Is.Not.EqualTo(id));
        Assert.That(Journal.Logged.Count(line => line.Contains("MaxStateBytes", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    [Proves("S-SIO-87")]
    public async Task Without_recovery_nothing_is_added_and_what_clients_say_of_it_means_nothing()
    {
        var process = await StartAsync(new());
        var client = NewClient();
        (client.Pid, client.Offset) = ("unknown-00000000000", "0123456789abcdef:1");
        await client.ConnectAsync(process.Server, process.Services);
        Assert.That(client.Pid, Is.Empty);
        await process.Server.Of("/").EmitAsync("all", "x");
        await client.Session.ExpectAsync("42[\"all\",\"x\"]");
    }

    [Test]
    public void What_the_layer_lacks_is_told_at_the_start()
    {
        var services = TestServices.Create(collection =>
        {
            collection.AddChannels();
            collection.RemoveAllKeyed<ILeasedState>("default");
        });
        var server = new SocketIOServer(new() { Recovery = new() });
        Assert.That(() => server.Prepare(services), Throws.InvalidOperationException.With.Message.Contains("SocketIOOptions.Recovery needs a layer with a history and leased state, which 'default' has not"));
    }

    [TestCase(0, 65_536, "MaxDisconnection")]
    [TestCase(90_000, 65_536, "MaxDisconnection")]
    [TestCase(60, 100, "MaxStateBytes")]
    public void Options_that_cannot_be_are_named(int seconds, int bytes, string option) => Assert.That(
        () => new SocketIOServer(new() { Recovery = new() { MaxDisconnection = TimeSpan.FromSeconds(seconds), MaxStateBytes = bytes } }),
        Throws.ArgumentException.With.Message.Contains($"Recovery.{option}"));

    private Task<Process> StartAsync(SocketIOOptions? options = null) => StartAsync(options, services => services.AddSingleton<TimeProvider>(_time));
}
