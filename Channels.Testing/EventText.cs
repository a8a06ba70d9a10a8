using System.Text;

namespace Channels.Testing;

/// <summary>One event in a line, for the messages of failed tests.</summary>
internal static class EventText
{
    private const int MostShown = 100;

    public static string Of(Event message) => message switch
    {
        WebSocketSend { IsText: true } send => $"'{message.Type}' with text {Quote(send.Payload)}",
        WebSocketSend send => $"'{message.Type}' with {send.Payload.Length} bytes",
        WebSocketClose close => $"'{message.Type}' with code {close.Code}{(close.Reason.Length == 0 ? "" : $" and reason \"{HeaderText.Escape(close.Reason)}\"")}",
        WebSocketDenialStart denial => $"'{message.Type}' with status {denial.Status}",
        HttpResponseStart start => $"'{message.Type}' with status {start.Status}",
        HttpResponseBody body => $"'{message.Type}' with {Quote(body.Body)}{(body.MoreBody ? " and more to come" : "")}",
        LifespanStartupFailed failed => $"'{message.Type}': {failed.Message}",
        LifespanShutdownFailed failed => $"'{message.Type}': {failed.Message}",
        _ => $"'{message.Type}'",
    };

    /// <summary>The event type that a CLR type stands for, where the type has a parameterless way to know it.</summary>
    public static string NameOf<TEvent>()
        where TEvent : Event => typeof(TEvent) switch
        {
            var type when type == typeof(WebSocketAccept) => "'websocket.accept'",
            var type when type == typeof(WebSocketSend) => "'websocket.send'",
            var type when type == typeof(WebSocketClose) => "'websocket.close'",
            var type when type == typeof(WebSocketDenialStart) => "'websocket.http.response.start'",
            var type when type == typeof(WebSocketDenialBody) => "'websocket.http.response.body'",
            var type when type == typeof(HttpResponseStart) => "'http.response.start'",
            var type when type == typeof(HttpResponseBody) => "'http.response.body'",
            var type when type == typeof(HttpResponseTrailers) => "'http.response.trailers'",
            var type when type == typeof(LifespanStartupComplete) => "'lifespan.startup.complete'",
            var type when type == typeof(LifespanShutdownComplete) => "'lifespan.shutdown.complete'",
            var type when type == typeof(Event) => "an event",
            var type => type.Name,
        };

    private static string Quote(ReadOnlyMemory<byte> utf8)
    {
        var text = Encoding.UTF8.GetString(utf8.Span);
        return $"\"{HeaderText.Escape(text.Length > MostShown ? string.Concat(text.AsSpan(0, MostShown), "…") : text)}\"";
    }
}
