using Channels;
using Channels.AspNetCore;
using Channels.Kestrel;
using Channels.Routing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Samples;
using Site;

// An ordinary ASP.NET Core site with accounts, and a chat for those who are logged in, in one process. Which of the two is the
// host is a switch: '--mount site' puts the site beside the chat, '--mount channels' puts the chat into the site.
var mount = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build()["mount"] ?? "site";
switch (mount)
{
    case "site":
        return await RunWithSiteInsideAsync(args);
    case "channels":
        return await RunInsideSiteAsync(args);
    default:
        await Console.Error.WriteLineAsync($"--mount is '{mount}': use site (the site is an application beside the chat) or channels (the chat is mounted in the site).");
        return 2;
}

static Task<int> RunWithSiteInsideAsync(string[] args)
{
    var builder = ChannelsHost.CreateBuilder(args);
    builder.AddChosenLayer();
    var site = AspNetCoreSite.Create(WholeSite.AddServices, WholeSite.Map);
    builder.Root = new ProtocolTypeRouter
    {
        ["websocket"] = Chat.Behind(site),
        ["http"] = site,
    };
    return builder.RunAsync();
}

static async Task<int> RunInsideSiteAsync(string[] args)
{
    var builder = WebApplication.CreateBuilder(args);
    if (builder.Configuration["urls"] is null)
    {
        builder.WebHost.UseUrls("http://127.0.0.1:8000");
    }

    builder.AddChosenLayer();
    WholeSite.AddServices(builder);
    await using var app = builder.Build();
    WholeSite.Map(app);
    app.MapChannels("/ws/{**path}", new ProtocolTypeRouter { ["websocket"] = Chat.Behind() });
    app.Lifetime.ApplicationStarted.Register(() => StartLog.Listening(app.Logger, string.Join(", ", app.Urls)));
    await app.RunAsync();
    return 0;
}
