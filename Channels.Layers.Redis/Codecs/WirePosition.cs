using System.Globalization;
using System.Security.Cryptography;

namespace Channels.Layers.Redis;

/// <summary>
/// Where a message stands in the history of a group, as one entry of the message: epoch, number and group, with a colon
/// between them. The first two have a fixed width: the number is known only in the server, which puts it where a mark stands.
/// </summary>
internal static class WirePosition
{
    private const int MarkBytes = 16;

    /// <summary>A text of the width of epoch and number that no message holds by chance or on purpose.</summary>
    public static string NewMark() => "?" + RandomNumberGenerator.GetHexString(2 * MarkBytes, lowercase: true);

    /// <summary>The entry whose first part the server fills in. Where it cannot, because the message is encrypted, receivers look into the history.</summary>
    public static string OfMark(string mark, string group) => $"{mark}:{group}";

    /// <summary>The entry of a position that is known.</summary>
    public static string Of(HistoryPosition position, string group) =>
        string.Create(CultureInfo.InvariantCulture, $"{position.Epoch}:{position.Offset:D16}:{group}");

    /// <summary>Reads an entry; a position that was not filled in is 0. Null when it is none.</summary>
    public static HistoryStamp? Read(string entry)
    {
        var last = entry.LastIndexOf(':');
        return last <= 0 || !ChannelNames.IsGroup(entry[(last + 1)..]) ? null
            : new(entry[(last + 1)..], entry[0] == '?' ? new("?", 0) : HistoryPosition.Parse(entry[..last]));
    }
}
