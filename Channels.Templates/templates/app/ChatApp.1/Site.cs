using Channels;
using Channels.Routing;

namespace ChatApp._1;

/// <summary>Which path leads where. Routers are applications, and so is what they lead to.</summary>
public static class Site
{
    public static Application Create()
    {
        var files = new StaticFiles("wwwroot") { Headers = new HeaderList { { "content-security-policy", "default-src 'self'" } } };
        return new ProtocolTypeRouter
        {
            ["http"] = new UrlRouter
            {
                { "GET /", files.Serve("index.html") },
                { "GET room/{room:group}/", files.Serve("index.html") },
                { "GET assets/", files },
            },
            ["websocket"] = new UrlRouter
            {
                { "ws/room/{room:group}/", Consumer.Of<ChatConsumer>() },
            },
        };
    }
}
