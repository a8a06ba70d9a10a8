using Channels;
using Microsoft.Extensions.DependencyInjection;
using Samples;

namespace Chat;

/// <summary>What is served over HTTP: the page, its files, and which rooms are open.</summary>
internal static class Pages
{
    public static StaticFiles Site { get; } = EmbeddedSite.Of(typeof(Pages).Assembly);

    /// <summary>The open rooms as JSON.</summary>
    public static async Task Rooms(Scope scope, Receive receive, Send send)
    {
        var rooms = await ChatRoom.OpenAsync(scope.Services.GetRequiredService<IGroupPresence>(), scope.Aborted);
        await Respond.JsonAsync(send, rooms, ChatJson.Default.IReadOnlyListOpenRoom, headers: new HeaderList { { "cache-control", "no-store" } });
    }
}
