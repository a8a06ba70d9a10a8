using Channels;
using Channels.Kestrel;
using Channels.Routing;
using Channels.SocketRouter;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Samples;
using SocketRouter;

// Articles that a page lists, reads, writes and changes over one WebSocket; what others do shows at once, and who reads along.
// Options: --database FILE, --layer memory|redis|redis-pubsub with --redis HOST:PORT, and those of every Channels program (--help).
var builder = ChannelsHost.CreateBuilder(args);
builder.AddChosenLayer();

var database = builder.Configuration["database"] ?? Path.Combine(AppContext.BaseDirectory, "articles.db");
builder.Services.AddDbContextFactory<ArticlesDb>(options => options.UseSqlite($"Data Source={database}"));
builder.Services.AddHostedService<ArticlesSetup>();
builder.Services.AddSocketRouter();

var site = EmbeddedSite.Of(typeof(ArticlesConsumer).Assembly);
builder.Root = new ProtocolTypeRouter
{
    ["websocket"] = new UrlRouter { { "ws/{user}/", Consumer.Of<ArticlesConsumer>() } },
    ["http"] = new UrlRouter
    {
        { "", site.Serve("index.html") },
        { "assets/", site },
    },
};
return await builder.RunAsync();
