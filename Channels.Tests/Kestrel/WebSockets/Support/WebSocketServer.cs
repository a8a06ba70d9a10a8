using System.Diagnostics.Metrics;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>The live server as most tests of sockets want it: a plain function, no origin check, and short words for what they change.</summary>
internal static class WebSocketServer
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    public static async Task<LiveServer> StartAsync(
        Application application,
        Action<WebSocketServerOptions>? configure = null,
        TimeProvider? time = null,
        HttpProtocols protocols = HttpProtocols.Http1,
        X509Certificate2? certificate = null,
        ILoggerProvider? logs = null)
    {
        var server = await LiveServer.StartFunctionAsync(application, builder =>
        {
            builder.Services.Configure<WebSocketServerOptions>(options =>
            {
                options.CheckOrigin = false;

                // What a test does takes as long as the machine likes: no ping that is not asked for comes in between, and nobody is lost or cut.
                if (time is null)
                {
                    options.KeepAliveInterval = options.HandshakeTimeout = options.MessageTimeout = TimeSpan.Zero;
                    options.CloseTimeout = options.SlowClientTimeout = Long;
                }
            });
            builder.Services.Configure(configure ?? (_ => { }));
            builder.Services.AddSingleton<SocketCount>();
            if (time is not null)
            {
                builder.Services.AddSingleton(time);
            }

            if (logs is not null)
            {
                builder.Logging.AddProvider(logs);
            }

            if (certificate is not null)
            {
                builder.Set("urls", "https://127.0.0.1:0");
            }

            builder.ConfigureKestrel(kestrel =>
            {
                kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = protocols);
                kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate);
            });
        });
        server.Services.GetRequiredService<SocketCount>().Start();
        return server;
    }

    extension(LiveServer server)
    {
        /// <summary>How many sockets are open by the server's own measure.</summary>
        public int OpenSockets => server.Services.GetRequiredService<SocketCount>().Value;

        /// <summary>Asks for a WebSocket and reads the head of the answer.</summary>
        public async Task<string> RequestAsync()
        {
            using var client = await RawWebSocketClient.ConnectAsync(server.Port);
            await client.SendAsync(Encoding.ASCII.GetBytes(RawWebSocketClient.Request()));
            return await client.ReadHeadAsync();
        }
    }

    private sealed class SocketCount(ChannelsMetrics metrics) : IDisposable
    {
        private readonly MeterListener _listener = new();
        private int _value;

        public int Value => Volatile.Read(ref _value);

        public void Start()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, metrics.Meter) && instrument.Name == "channels.server.connections.active")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref _value, (int)change));
            _listener.Start();
        }

        public void Dispose() => _listener.Dispose();
    }
}
