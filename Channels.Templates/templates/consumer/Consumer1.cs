using Channels;
#if (kind == "job")
using Microsoft.Extensions.Logging;
#endif

namespace Company.Application1;

#if (kind == "websocket")
/// <summary>Serves a WebSocket: <c>{ "ws/{room:group}/", Consumer.Of&lt;Consumer1&gt;() }</c> in a <c>UrlRouter</c> leads to it.</summary>
public sealed partial class Consumer1 : WebSocketConsumer
{
    private string Room => $"room.{Route["room"]}";

    protected override IEnumerable<string> InitialGroups => [Room];

    protected override ValueTask OnTextAsync(string text) =>
        Groups.SendAsync(Room, new ChannelMessage("text.sent", new MessageMap { ["text"] = text }));

    [Handles("text.sent")]
    private ValueTask TextSent(MessageMap message) => SendTextAsync(message["text"].GetText());
}
#endif
#if (kind == "http")
/// <summary>Serves a request: <c>{ "POST echo", Consumer.Of&lt;Consumer1&gt;() }</c> in a <c>UrlRouter</c> leads to it.</summary>
public sealed class Consumer1 : HttpConsumer
{
    protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body) =>
        await Respond.TextAsync(Send, $"{Scope.Method} {Scope.Path} with {body.Length} bytes");
}
#endif
#if (kind == "job")
/// <summary>Does jobs: <c>["my-channel"] = Consumer.Of&lt;Consumer1&gt;()</c> in a <c>ChannelNameRouter</c> leads to it.</summary>
public sealed partial class Consumer1(ILogger<Consumer1> log) : Consumer
{
    [Handles("job.wanted")]
    private void JobWanted(MessageMap job) => log.LogInformation("Job {Name} is done.", job["name"].GetText());
}
#endif
