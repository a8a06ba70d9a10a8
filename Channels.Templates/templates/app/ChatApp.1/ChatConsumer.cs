using Channels;

namespace ChatApp._1;

/// <summary>Stands between one page and its room. Each open page has an instance of its own, whose methods run one at a time.</summary>
public sealed partial class ChatConsumer() : JsonWebSocketConsumer<Say, Said>(ChatJson.Default.Say, ChatJson.Default.Said)
{
    private const int LongestName = 40;
    private const int LongestText = 2_000;

    private string Room => $"room.{Route["room"]}";

    // Groups are left when the connection ends, whatever ended it.
    protected override IEnumerable<string> InitialGroups => [Room];

    /// <summary>The page has sent something.</summary>
    protected override ValueTask OnJsonAsync(Say say) => say is { Name.Length: > 0 and <= LongestName, Text.Length: > 0 and <= LongestText }
        ? Groups.SendAsync(Room, new Said(say.Name, say.Text))
        : CloseAsync(1008, "A name and a text, please, and not too long.");

    /// <summary>Somebody in the room has said something: this page, or another.</summary>
    [Handles]
    private ValueTask ChatSaid(Said said) => SendJsonAsync(said);
}
