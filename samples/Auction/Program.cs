using Auctions;
using Channels;
using Channels.Kestrel;
using Channels.Layers.Redis;
using Channels.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Samples;
using StackExchange.Redis;

// Auctions: opened and bidden in over HTTP, watched over WebSockets, closed by a job whose time is set when they open.
// Several processes are one house: dotnet run --project samples/Auction -- --layer redis --redis 127.0.0.1:6379
var builder = ChannelsHost.CreateBuilder(args);
if (builder.AddChosenLayer())
{
    builder.Services.AddSingleton<IAuctionStore, RedisAuctionStore>().AddSingleton<IConnectionMultiplexer>(services =>
        ConnectionMultiplexer.Connect(services.GetRequiredService<IOptionsMonitor<RedisLayerOptions>>().Get("default").ToClientOptions()));
}
else
{
    builder.Services.AddMemoryCache().AddSingleton<IAuctionStore, MemoryAuctionStore>();
}

builder.Services.AddSingleton<OpenAuctions>();
builder.Services.AddChannelWorker(CloseConsumer.Channel, configure: options => options.Acknowledged = true);
var site = EmbeddedSite.Of(typeof(Auction).Assembly);
builder.Root = new ProtocolTypeRouter
{
    ["websocket"] = new UrlRouter { { "ws/auctions/{id:uuid}/", Consumer.Of<WatchConsumer>() } },
    ["http"] = new UrlRouter
    {
        { "POST auctions", Consumer.Of<OpenConsumer>() },
        { "POST auctions/{id:uuid}/bids", Consumer.Of<BidConsumer>() },
        { "auctions/{id:uuid}", site.Serve("index.html") },
        { "", site.Serve("index.html") },
        { "assets/", site },
    },
    ["channel"] = new ChannelNameRouter { [CloseConsumer.Channel] = Consumer.Of<CloseConsumer>() },
};
return await builder.RunAsync();
