using Channels;
using Channels.AspNetCore;
using Channels.Routing;

namespace Site;

/// <summary>The chat, wherever it runs: rooms for people who are logged in.</summary>
internal static class Chat
{
    /// <summary>The rooms behind a login; a WebSocket without one is refused with 401.</summary>
    /// <param name="site">The site whose logins are meant; null when it is the host.</param>
    public static Application Behind(AspNetCoreSite? site = null) =>
        AuthMiddleware.Wrap(
            RequireUser.Wrap(new UrlRouter { { "ws/room/{room:group}/", Consumer.Of<RoomConsumer>() } }),
            new AuthOptions { Site = site, RevalidateEvery = TimeSpan.FromMinutes(1) });
}
