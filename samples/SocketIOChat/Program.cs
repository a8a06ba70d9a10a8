using Channels;
using Channels.Kestrel;
using Channels.Routing;
using Channels.SocketIO;
using Samples;
using SocketIOChat;

// A chat for the official client of Socket.IO, whose browser build lies beside the page.
var builder = ChannelsHost.CreateBuilder(args);
builder.AddChosenLayer(); // in memory; --layer redis joins several processes into one chat

var socketIO = new SocketIOServer { { "/", Consumer.Of<ChatNamespace>() } };
var site = EmbeddedSite.Of(typeof(ChatNamespace).Assembly);
builder.Root = new ProtocolTypeRouter
{
    ["websocket"] = new UrlRouter { { "socket.io/", socketIO } },
    ["http"] = new UrlRouter
    {
        { "socket.io/", socketIO },
        { "", site.Serve("index.html") },
        { "assets/", site },
    },
};
return await builder.RunAsync();
