using System.Globalization;
using System.Security.Cryptography;

namespace Channels;

/// <summary>
/// Where a message stands in the history of its group. Messages of a group are numbered from 1 on without a hole; a new
/// epoch begins when what was known is lost, and positions of different epochs say nothing about each other.
/// </summary>
/// <param name="Epoch">Letters and digits that tell one life of the history from the next.</param>
/// <param name="Offset">The number of the message; 0 stands before the first one.</param>
public readonly record struct HistoryPosition(string Epoch, long Offset)
{
    private const int LongestEpoch = 64;
    private const int EpochBytes = 8;

    /// <summary>Stands before the oldest message that is kept, whatever the epoch: whoever joins a group from here gets all there is.</summary>
    public static HistoryPosition Oldest { get; } = new("*", 0);

    /// <summary>Reads what <see cref="ToString"/> has written and a client has kept.</summary>
    /// <param name="text">Such a text.</param>
    /// <returns>The position. A text that is none gives one that no history knows, so that its sender is told to begin anew: no error of the handler's.</returns>
    public static HistoryPosition Parse(string? text)
    {
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        return colon is > 0 and <= LongestEpoch && text.AsSpan(0, colon) is var epoch && !epoch.ContainsAnyExcept(Letters)
            && long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
                ? new(epoch.ToString(), offset)
                : new("?", 0);
    }

    /// <summary>The text that travels to a client and back: epoch, colon, offset.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch}:{Offset}");

    /// <summary>A text for an epoch that nobody has had before.</summary>
    internal static string NewEpoch() => RandomNumberGenerator.GetHexString(2 * EpochBytes, lowercase: true);

    private static System.Buffers.SearchValues<char> Letters { get; } =
        System.Buffers.SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}
