using Channels;
using Channels.Kestrel;
using Channels.Routing;
using Samples;
using Thumbnails;

// By default one process does everything. To share the work:
//   dotnet run --project samples/Thumbnails -- --layer redis
//   dotnet run --project samples/Thumbnails -- worker thumbnails-generate thumbnails-delete --layer redis
var builder = ChannelsHost.CreateBuilder(args);
var shared = builder.AddChosenLayer();
var site = EmbeddedSite.Of(typeof(ThumbnailConsumer).Assembly);

builder.Root = new ProtocolTypeRouter
{
    ["websocket"] = new UrlRouter { { "ws/pictures/{picture:group}/", Consumer.Of<WatchConsumer>() } },
    ["http"] = new UrlRouter
    {
        { "", site.Serve("index.html") },
        { "assets/", site },
        { "POST|DELETE pictures/{picture:group}", Consumer.Of<PictureConsumer>() },
    },
    ["channel"] = new ChannelNameRouter
    {
        [ThumbnailChannels.Generate] = Consumer.Of<ThumbnailConsumer>(),
        [ThumbnailChannels.Delete] = Consumer.Of<ThumbnailConsumer>(),
    },
};

if (!shared)
{
    // Nobody else can read an in-memory channel, so the workers live here too.
    builder.Services.AddChannelWorker(ThumbnailChannels.Generate);
    builder.Services.AddChannelWorker(ThumbnailChannels.Delete);
}

return await builder.RunAsync();
