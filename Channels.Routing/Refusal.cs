namespace Channels.Routing;

/// <summary>Short answers to connections that no application takes.</summary>
internal static class Refusal
{
    public static bool CanAnswer(RequestScope scope) => scope is HttpScope or WebSocketScope;

    /// <summary>Tells which methods a path has: in answer to OPTIONS, or to a method that is none of them.</summary>
    public static async Task SendMethodsAsync(HttpScope scope, RouteAttempt attempt, IReadOnlyList<string> methods)
    {
        const string options = "OPTIONS";
        var headers = new HeaderList { { "allow", string.Join(", ", methods.Contains(options) ? methods : methods.Append(options)) } };
        if (scope.Method != options)
        {
            await SendAsync(scope, attempt, 405, "Method Not Allowed"u8.ToArray(), headers);
            return;
        }

        await attempt.SendAsync(new HttpResponseStart(204, headers));
        await attempt.SendAsync(new HttpResponseBody());
    }

    /// <summary>Answers with a status and one line of text; a WebSocket handshake is refused with it.</summary>
    public static async Task SendAsync(RequestScope scope, RouteAttempt attempt, int status, ReadOnlyMemory<byte> text, HeaderList? headers = null)
    {
        headers ??= [];
        headers.Add("content-type", "text/plain; charset=utf-8");
        headers.Add("content-length", text.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
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
