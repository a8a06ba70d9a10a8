using Channels;
using Channels.Kestrel;
using Channels.Routing;
using Chat;
using Microsoft.Extensions.DependencyInjection;
using Samples;

// A chat in the shape of the Channels tutorial: rooms are groups, a consumer stands between a socket and its room.
var builder = ChannelsHost.CreateBuilder(args);
builder.AddChosenLayer(); // in memory; --layer redis joins several processes into one chat
builder.Services.AddSingleton<Pace>();

// What was said lately is there for who comes, also after a restart when the layer is Redis.
builder.Configuration["Channels:History:MaxMessages"] ??= "100";
builder.Configuration["Channels:History:MaxAge"] ??= "1.00:00:00";

(string, IPathConverter) roomName = ("room", new RoomName());
builder.Root = new ProtocolTypeRouter
{
    ["websocket"] = new UrlRouter(roomName) { { "ws/chat/{room:room}/", Consumer.Of<ChatConsumer>() } },
    ["http"] = new UrlRouter(roomName)
    {
        { "GET rooms", Pages.Rooms },
        { "room/{room:room}/", Pages.Site.Serve("index.html") },
        { "room/{**rest}", Pages.Site.Serve("no-room.html", status: 404) },
        { "", Pages.Site.Serve("index.html") },
        { "assets/", Pages.Site },
    },
};
return await builder.RunAsync();
