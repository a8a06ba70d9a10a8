using System.Text.Json;
using Channels;
using Microsoft.Extensions.DependencyInjection;
using Samples;

namespace Chat;

/// <summary>What is served over HTTP: the page, its files, and which rooms are open.</summary>
internal static class Pages
{
    public static StaticSite Site { get; } = new(typeof(Pages).Assembly, "site/");

    /// <summary>The open rooms as JSON.</summary>
    public static Task Rooms(Scope scope, Receive receive, Send send)
    {
        var rooms = scope.Services.GetRequiredService<Rooms>().Open();
        var body = JsonSerializer.SerializeToUtf8Bytes(rooms, ChatJson.Default.IReadOnlyListOpenRoom);
        return Respond.BytesAsync(send, 200, "application/json", body, new HeaderList { { "cache-control", "no-store" } });
    }
}
