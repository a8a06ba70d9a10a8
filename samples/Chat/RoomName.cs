using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Channels.Routing;

namespace Chat;

/// <summary>What may be a room's name in a path, for page and socket alike: 1 to 40 letters from A to Z, digits, hyphens and underscores.</summary>
internal sealed class RoomName : IPathConverter
{
    private const int Longest = 40;
    private static readonly SearchValues<char> Legal = SearchValues.Create("-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public bool TryConvert(ReadOnlySpan<char> text, [NotNullWhen(true)] out object? value)
    {
        value = text.Length is 0 or > Longest || text.ContainsAnyExcept(Legal) ? null : text.ToString();
        return value is not null;
    }
}
