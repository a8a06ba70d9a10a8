using Channels.Routing;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.EndToEnd;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Admin;

/// <summary>Administrators with the official client, and with the official page in a real browser.</summary>
internal sealed class AdminClientTests
{
    [Test]
    public async Task The_official_client()
    {
        ExternalTools.Require("npm:socket.io-client");
        await using var server = await StartAsync();
        await NodeScript.RunAsync("socketio-watch.js", AddressOf(server));
    }

    [Test]
    public async Task The_official_page()
    {
        ExternalTools.Require("npm:playwright-core");
        var files = Path.Combine(ExternalTools.Require("npm:@socket.io/admin-ui"), "ui", "dist");
        await using var page = await LiveServer.StartAsync(new UrlRouter { { "page/", new StaticFiles(files) } });
        await using var server = await StartAsync(AddressOf(page));
        await NodeScript.RunAsync("socketio-admin.js", ExternalTools.Require("chromium"), AddressOf(server), $"{AddressOf(page)}/page/");
    }

    private static string AddressOf(LiveServer server) => server.BaseAddress.GetLeftPart(UriPartial.Authority);

    private static Task<LiveServer> StartAsync(params string[] origins)
    {
        var options = new SocketIOOptions { Engine = new() { AllowCredentials = origins.Length > 0 } };
        foreach (var origin in origins)
        {
            options.Engine.AllowedOrigins.Add(origin);
        }

        var server = new SocketIOServer(options) { { "/", Consumer.Of<TalkNamespace>() } };
        server.AddAdmin(new() { CheckPassword = static (name, password) => new(name == "root" && password == "right"), ReportAll = true, ServerId = "the server" });
        var routes = new UrlRouter { { "socket.io/", server } };
        return LiveServer.StartAsync(new ProtocolTypeRouter { ["http"] = routes, ["websocket"] = routes }, builder => builder.Services.AddChannels());
    }
}
