using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Channels.SocketIO;
using Channels.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Sockets;

/// <summary>A server with the namespaces of the conformance suite and some more, its services, and its clients.</summary>
internal abstract class SocketIOFixture
{
    private readonly List<FakeClient> _clients = [];

    protected Journal Journal { get; private set; } = null!;

    protected ServiceProvider Services { get; private set; } = null!;

    protected SocketIOServer Server { get; private set; } = null!;

    protected ManualTimeProvider Time { get; private set; } = null!;

    protected MembershipCount Layer { get; private set; } = null!;

    [SetUp]
    public void MakeServer()
    {
        Journal = new();
        Time = new();
        Layer = new();
        Services = TestServices.Create(services =>
        {
            services.AddSingleton(Journal);
            services.AddSingleton<ILoggerProvider>(Journal);
            services.AddSingleton<TimeProvider>(Time);
            services.AddLogging();
            services.AddChannels().AddLayer("default", _ => Layer);
        });
        Server = MakeServer(new());
    }

    [TearDown]
    public async Task EndAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        _clients.Clear();
        await Services.DisposeAsync();
    }

    protected SocketIOServer MakeServer(SocketIOOptions options)
    {
        var server = new SocketIOServer(options)
        {
            { "/", Consumer.Of<MainNamespace>() },
            { "/custom", Consumer.Of<CustomNamespace>() },
            { "/guarded", Consumer.Of<GuardedNamespace>() },
            { new Regex("/dyn-(?<number>[0-9]+)"), Consumer.Of<NumberedNamespace>() },
        };
        server.Prepare(Services);
        return server;
    }

    protected FakeClient Open(SocketIOServer? server = null, Func<EngineIOScope, EngineIOScope>? change = null)
    {
        var client = new FakeClient(server ?? Server, Services, change);
        _clients.Add(client);
        return client;
    }

    protected async Task<FakeClient> ConnectAsync(SocketIOServer? server = null)
    {
        var client = Open(server);
        await client.EnterAsync();
        await client.ExpectAsync("42[\"auth\",{}]");
        return client;
    }
}
