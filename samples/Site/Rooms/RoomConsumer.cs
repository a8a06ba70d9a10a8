using Channels;

namespace Site;

/// <summary>One person in one room.</summary>
public sealed partial class RoomConsumer(Users users) : JsonWebSocketConsumer<Say, Said>(RoomJson.Default.Say, RoomJson.Default.Said)
{
    private string Room => $"room.{Route["room"]}";

    private string Name => Scope.User!.Identity!.Name!; // RequireUser has let nobody else in

    protected override IEnumerable<string> InitialGroups => [Room];

    protected override ValueTask OnJsonAsync(Say message)
    {
        var said = new Said(Name, message.Text);
        return string.IsNullOrEmpty(message.To) ? Groups.SendAsync(Room, said) : users.SendAsync(message.To, said);
    }

    [Handles("room.said")]
    private ValueTask OnSaid(Said said) => SendJsonAsync(said);
}
