namespace Channels.Routing;

/// <summary>Short answers to connections that no application takes.</summary>
internal static class Refusal
{
    public static bool CanAnswer(RequestScope scope) => scope is HttpScope or WebSocketScope;

    /// <summary>Answers with a status and one line of text; a WebSocket handshake is refused with it.</summary>
    public static async Task SendAsync(RequestScope scope, RouteAttempt attempt, int status, ReadOnlyMemory<byte> text)
    {
        var headers = new HeaderList
        {
            { "content-type", "text/plain; charset=utf-8" },
            { "content-length", text.Length.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        };
        if (scope is HttpScope)
        {
            await attempt.SendAsync(new HttpResponseStart(status, headers));
            await attempt.SendAsync(new HttpResponseBody(text));
            return;
        }

        if (attempt.IsUnread && await attempt.ReceiveAsync() is WebSocketDisconnect)
        {
            return; // nobody is left to refuse
        }

        await attempt.SendAsync(new WebSocketDenialStart(status, headers));
        await attempt.SendAsync(new WebSocketDenialBody(text));
    }
}
