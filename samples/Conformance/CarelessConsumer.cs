using Channels;

namespace Conformance;

/// <summary>
/// What handlers should not do, to see what the server makes of it: <c>/careless?block=500</c> holds its thread for so many
/// milliseconds before it accepts, and every message is an error.
/// </summary>
internal sealed class CarelessConsumer : WebSocketConsumer
{
    protected override ValueTask OnConnectAsync()
    {
        Thread.Sleep(Query.Number(Scope, "block", 0, most: 10_000));
        return AcceptAsync();
    }

    protected override ValueTask OnTextAsync(string text) => throw new InvalidOperationException("This handler expects nothing of what comes.");
}
