using System.Text.Json;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Admin;

/// <summary>Servers on one layer that have administrators, and their clients.</summary>
internal abstract class AdminFixture
{
    private readonly List<FakeClient> _clients = [];
    private readonly List<SocketIOServer> _servers = [];

    protected Journal Journal { get; private set; } = null!;

    protected ManualTimeProvider Time { get; private set; } = null!;

    private ServiceProvider Services { get; set; } = null!;

    [SetUp]
    public void Begin()
    {
        (Journal, Time) = (new(), new(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero)));
        Services = TestServices.Create(services =>
        {
            services.AddSingleton<ILoggerProvider>(Journal);
            services.AddSingleton<TimeProvider>(Time);
            services.AddLogging();
            services.AddChannels();
        });
    }

    [TearDown]
    public async Task EndAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        foreach (IHostedApplication server in _servers)
        {
            await server.StopAsync(CancellationToken.None);
        }

        _clients.Clear();
        _servers.Clear();
        await Services.DisposeAsync();
    }

    /// <summary>Starts a server; without more said everybody is an administrator and sees everything.</summary>
    protected async Task<SocketIOServer> StartAsync(Action<SocketIOAdminOptions>? change = null)
    {
        var options = new SocketIOAdminOptions { AllowAnybody = true, ReportAll = true, ServerId = $"server {_servers.Count + 1}" };
        change?.Invoke(options);
        var server = new SocketIOServer { { "/", Consumer.Of<TalkNamespace>() } };
        server.AddAdmin(options);
        _servers.Add(server);
        server.Prepare(Services);
        await ((IHostedApplication)server).StartAsync(Services, CancellationToken.None);
        return server;
    }

    protected FakeClient Open(SocketIOServer server, Func<EngineIOScope, EngineIOScope>? change = null)
    {
        var client = new FakeClient(server, Services, change);
        _clients.Add(client);
        return client;
    }

    protected async Task<(FakeClient Client, string Id)> EnterAsync(SocketIOServer server, Func<EngineIOScope, EngineIOScope>? change = null)
    {
        var client = Open(server, change);
        return (client, await client.EnterAsync());
    }

    /// <summary>Enters as an administrator; what was read until the event comes back with the client.</summary>
    protected async Task<(FakeClient Client, JsonElement Arguments)> EnterAdminAsync(SocketIOServer server, string until = "all_sockets", string authentication = "")
    {
        var client = Open(server);
        await client.EnterAsync("/admin", authentication);
        return (client, await UntilAsync(client, until));
    }

    /// <summary>What an administrator is told next under a name; the array of its arguments, the name first.</summary>
    protected static async Task<JsonElement> UntilAsync(FakeClient admin, string name)
    {
        while (true)
        {
            var told = await NextAsync(admin);
            if (told[0].GetString() == name)
            {
                return told;
            }
        }
    }

    /// <summary>What an administrator is told next.</summary>
    protected static async Task<JsonElement> NextAsync(FakeClient admin)
    {
        const string Prefix = "42/admin,";
        var frame = await admin.ReceiveAsync();
        Assert.That(frame, Does.StartWith(Prefix));
        return JsonSerializer.Deserialize<JsonElement>(frame[Prefix.Length..]);
    }

    /// <summary>Says a command and waits until it was obeyed.</summary>
    protected static async Task CommandAsync(FakeClient admin, string command)
    {
        admin.Text($"2/admin,7{command}");
        while (await admin.ReceiveAsync() != "43/admin,7[]")
        {
        }
    }
}
