using System.Globalization;

namespace Channels.Benchmarks;

/// <summary><c>peer NAME PORT</c>: serves as one of the peers until standard input ends (so it never outlives its parent).</summary>
internal static class PeerCommand
{
    internal static async Task<int> RunAsync(string[] args)
    {
        if (args.Length != 2 || !int.TryParse(args[1], CultureInfo.InvariantCulture, out var port))
        {
            await Console.Error.WriteLineAsync("usage: peer limit|signalr|aspnet-ws|minimal-api PORT");
            return 2;
        }

        await using var server = args[0] switch
        {
            "limit" => await RawServer.StartAsync(port),
            "signalr" => await SignalRServer.StartAsync(port),
            "aspnet-ws" => await AspNetWebSocketServer.StartAsync(port),
            "minimal-api" => await MinimalApiServer.StartAsync(port),
            _ => throw new ArgumentException($"There is no peer '{args[0]}'; there are limit, signalr, aspnet-ws and minimal-api.", nameof(args)),
        };
        while (await Console.In.ReadLineAsync() is not null)
        {
        }

        return 0;
    }
}
