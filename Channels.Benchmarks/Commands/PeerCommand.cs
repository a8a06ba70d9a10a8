using System.CommandLine;

namespace Channels.Benchmarks;

/// <summary><c>peer NAME PORT</c>: serves as one of the peers until standard input ends (so it never outlives its parent).</summary>
internal static class PeerCommand
{
    private static readonly string[] Names = ["limit", "signalr", "aspnet-ws", "minimal-api", "mounted", "site", PeerCatalog.OwnSocketIO];

    internal static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "who serves" }.AcceptOnlyFromAmong(Names);
        var port = new Argument<int>("PORT") { Description = "where" };
        var command = new Command("peer", "serve as one of the peers until standard input ends") { name, port };
        command.SetAction(line => RunAsync(line.GetRequiredValue(name), line.GetRequiredValue(port)));
        return command;
    }

    private static async Task<int> RunAsync(string name, int port)
    {
        await using var server = name switch
        {
            "limit" => await RawServer.StartAsync(port),
            "signalr" => await SignalRServer.StartAsync(port),
            "aspnet-ws" => await AspNetWebSocketServer.StartAsync(port),
            PeerCatalog.Mounted => await SiteServer.StartMountedAsync(port),
            PeerCatalog.Site => await SiteServer.StartBesideAsync(port),
            PeerCatalog.OwnSocketIO => await SocketIOPeerServer.StartAsync(port),
            _ => await MinimalApiServer.StartAsync(port),
        };
        while (await Console.In.ReadLineAsync() is not null)
        {
        }

        return 0;
    }
}
