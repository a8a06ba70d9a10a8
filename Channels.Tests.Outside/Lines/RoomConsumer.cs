using System.Collections.Concurrent;
using Channels;

namespace Outside.Lines;

/// <summary>A room: what one says all others are sent.</summary>
public sealed partial class RoomConsumer(ConcurrentQueue<string> journal) : LineConsumer
{
    protected override IEnumerable<string> InitialGroups => ["room"];

    protected override ValueTask OnOpenAsync() => SendLineAsync("welcome");

    protected override ValueTask OnLineAsync(string text) => text switch
    {
        "who" => SendLineAsync(ChannelName!), // there is a layer
        "nonsense" => throw new FormatException("I know no nonsense"),
        "fall" => throw new InvalidTimeZoneException(),
        _ => Groups.SendAsync("room", new ChannelMessage("room.said", new MessageMap { ["text"] = text }) { Except = [ChannelName!] }),
    };

    protected override ValueTask OnClosedAsync(bool failed)
    {
        journal.Enqueue($"closed, failed: {failed}");
        return ValueTask.CompletedTask;
    }

    [Handles("room.said")]
    private ValueTask Said(MessageMap fields) => SendLineAsync(fields["text"].GetText());
}
