using Channels;
using Channels.Layers.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// Says something in a room of the chat, from a program without a web server: SendAnywhere --room lobby --text "Back at noon"
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddChannels().AddRedisLayer(configure: options => options.Hosts.Add(builder.Configuration["redis"] ?? "127.0.0.1:6379"));
using var host = builder.Build();
var layer = host.Services.GetRequiredService<IChannelLayer>();
await layer.GroupSendAsync($"chat.{builder.Configuration["room"] ?? "lobby"}", "chat.said", new MessageMap
{
    ["key"] = Guid.NewGuid().ToString("N"),
    ["sender"] = "announcer",
    ["name"] = "Announcer",
    ["text"] = builder.Configuration["text"] ?? "Hello",
    ["at"] = DateTimeOffset.UtcNow.ToString("O"),
});
