using Channels;
using Channels.Kestrel;
using Channels.Routing;
using Channels.SocketRouter;
using Conformance;
using Microsoft.Extensions.DependencyInjection;
using Samples;

// Plain endpoints that any WebSocket or HTTP tool can be pointed at. Options: --urls, --compression,
// --max-message-bytes N, --layer memory|redis|redis-pubsub with --redis HOST:PORT, and everything else a Channels program understands (--help).
// For Engine.IO and Socket.IO: --ping-interval MS, --ping-timeout MS, --max-payload BYTES, --connect-timeout MS,
// --upgrade-timeout MS, and --socketio-fixture client for the namespaces that the official client's own tests ask for; --socketio-parser msgpack.
var builder = ChannelsHost.CreateBuilder(Options.Expand(args));
builder.AddChosenLayer();

// Load generators and conformance tools send any Origin or none; nothing here belongs to a user whose browser could be
// abused. A site that keeps cookies leaves the check on.
builder.Services.Configure<WebSocketServerOptions>(options => options.CheckOrigin = false);

builder.Services.AddSocketRouter();

// Tools publish faster than people do.
builder.Configuration["Channels:History:MaxMessages"] ??= "20000";
builder.Configuration["Channels:History:MaxBytes"] ??= "67108864";

var engineIO = SocketIOEndpoints.Engine(builder.Configuration);
var socketIO = SocketIOEndpoints.Sockets(builder.Configuration);

builder.Root = new ProtocolTypeRouter
{
    ["websocket"] = new UrlRouter
    {
        { "engine.io/", engineIO },
        { "socket.io/", socketIO },
        { "echo", Echo.RunAsync },
        { "echo-json", Consumer.Of<EchoJsonConsumer>() },
        { "careless", Consumer.Of<CarelessConsumer>() },
        { "group/{name:group}", Consumer.Of<GroupConsumer>() },
        { "group-raw/{name:group}", Consumer.Of<RawGroupConsumer>() },
        { "group-json/{name:group}", Consumer.Of<JsonGroupConsumer>() },
        { "history/{name:group}", Consumer.Of<HistoryConsumer>() },
        { "presence/{name:group}", Consumer.Of<PresenceConsumer>() },
        { "answers", Consumer.Of<AnswerConsumer>() },
        { "router/", Consumer.Of<RouterConsumer>() },
    },
    ["http"] = new UrlRouter
    {
        { "engine.io/", engineIO },
        { "socket.io/", socketIO },
        { "hello", Hello.RunAsync },
        { "POST group/{name:group}", Consumer.Of<PublishConsumer>() },
        { "stream", Consumer.Of<StreamConsumer>() },
        { "events", Consumer.Of<ClockConsumer>() },
        { "longpoll/{channel:group}", Consumer.Of<LongPollConsumer>() },
    },
};
return await builder.RunAsync();
