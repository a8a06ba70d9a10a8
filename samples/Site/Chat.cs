using Channels;
using Channels.AspNetCore;
using Channels.Routing;

namespace Site;

/// <summary>The chat, wherever it runs: rooms for people who are logged in.</summary>
internal static class Chat
{
    /// <summary>The rooms behind a login; a WebSocket without one is refused with 401.</summary>
    public static Application Behind(AuthOptions login) =>
        AuthMiddleware.Wrap(RequireUser.Wrap(new UrlRouter { { "ws/room/{room:group}/", Consumer.Of<RoomConsumer>() } }), login);
}
