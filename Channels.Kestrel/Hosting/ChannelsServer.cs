using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Kestrel;

/// <summary>Starts the root application and Kestrel in front of it, and stops both in the opposite order.</summary>
internal sealed partial class ChannelsServer(
    RootApplication root,
    IServer server,
    IServiceProvider services,
    IConfiguration configuration,
    IOptions<ChannelsServerOptions> options,
    IOptions<WebSocketServerOptions> webSocket,
    TimeProvider time,
    ILoggerFactory loggers) : IHostedService
{
    private readonly ILogger _logger = loggers.CreateLogger("Channels.Server");
    private ServerContext? _context;

    public bool IsStarted { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var application = root.Get(services);
        var state = await root.StartAsync(services, _logger, cancellationToken);
        _context = new ServerContext
        {
            Root = application,
            Services = services,
            WebSocket = webSocket.Value,
            Options = options.Value,
            Time = time,
            Loggers = loggers,
            State = state,
        };
        var addresses = server.Features.Get<IServerAddressesFeature>()!; // Kestrel always has it
        foreach (var url in ServerUrls.From(configuration))
        {
            addresses.Addresses.Add(url);
        }

        try
        {
            await server.StartAsync(new HttpServer(_context), cancellationToken);
        }
        catch
        {
            await root.StopAsync(cancellationToken);
            throw;
        }

        IsStarted = true;
        Log.Started(_logger, string.Join(", ", addresses.Addresses));
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_context is null)
        {
            return;
        }

        _context.BeginDrain();
        foreach (var connection in _context.Connections.Snapshot())
        {
            connection.RequestClose(options.Value.ShutdownCloseCode, "");
        }

        await server.StopAsync(cancellationToken);
        await root.StopAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1010, LogLevel.Information, "Listening on {Addresses}")]
        public static partial void Started(ILogger logger, string addresses);
    }
}
