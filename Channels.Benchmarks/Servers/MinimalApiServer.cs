using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels.Benchmarks;

/// <summary>ASP.NET Core's minimal API, slim builder.</summary>
internal static class MinimalApiServer
{
    internal static async Task<IAsyncDisposable> StartAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        app.MapGet("/hello", static () => "Hello, World!");
        await app.StartAsync();
        return app;
    }
}
