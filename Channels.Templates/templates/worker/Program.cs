using Channels;
using Channels.Kestrel;
using Channels.Layers.Redis;
using Channels.Routing;
using JobWorker._1;

var builder = ChannelsHost.CreateBuilder(args);
builder.Services.AddChannels().AddRedisLayer().AddRedisJobs().AddRedisDeadLetters();
builder.Root = new ProtocolTypeRouter
{
    ["channel"] = new ChannelNameRouter { [Greet.Channel] = Consumer.Of<GreetingConsumer>() },
};
builder.Verbs.Add(new SendVerb());
return await builder.RunAsync();
