using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Benchmarks;

/// <summary>ASP.NET Core SignalR with its JSON protocol and in-process groups.</summary>
internal static class SignalRServer
{
    internal static async Task<IAsyncDisposable> StartAsync(int port)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port));
        builder.Services
            .AddSignalR(options => options.MaximumReceiveMessageSize = 1024 * 1024)
            .AddJsonProtocol(options => options.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, BenchJson.Default));
        var app = builder.Build();
        app.MapHub<BenchHub>("/hub", options =>
        {
            options.ApplicationMaxBufferSize = 1024 * 1024;
            options.TransportMaxBufferSize = 1024 * 1024;
        });
        await app.StartAsync();
        return app;
    }
}
