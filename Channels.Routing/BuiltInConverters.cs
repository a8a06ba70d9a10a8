using System.Buffers;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Channels.Routing;

/// <summary>The converters every router knows (channels.md 3.3). ASCII only where they are stricter than "any text".</summary>
internal static class BuiltInConverters
{
    /// <summary>The converter of a placeholder that names none.</summary>
    public const string Default = "str";

    public static FrozenDictionary<string, IPathConverter> All { get; } = new Dictionary<string, IPathConverter>(StringComparer.Ordinal)
    {
        [Default] = new Text(),
        ["int"] = new Int(),
        ["long"] = new Long(),
        ["slug"] = new Slug(),
        ["group"] = new Group(),
        ["uuid"] = new Uuid(),
        ["path"] = new Rest(mayBeEmpty: false),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The converter of <c>{**rest}</c>.</summary>
    public static IPathConverter CatchAll { get; } = new Rest(mayBeEmpty: true);

    // Number parsing forgives trailing NULs; nothing but digits may pass.
    private static bool IsDigits(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');

    private sealed class Text : IPathConverter
    {
        public bool TryConvert(ReadOnlySpan<char> text, [NotNullWhen(true)] out object? value)
        {
            value = text.IsEmpty ? null : text.ToString();
            return value is not null;
        }
    }

    private sealed class Int : IPathConverter
    {
        public bool TryConvert(ReadOnlySpan<char> text, [NotNullWhen(true)] out object? value)
        {
            value = IsDigits(text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
            return value is not null;
        }
    }

    private sealed class Long : IPathConverter
    {
        public bool TryConvert(ReadOnlySpan<char> text, [NotNullWhen(true)] out object? value)
        {
            value = IsDigits(text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
            return value is not null;
        }
    }

    private sealed class Slug : IPathConverter
    {
        private static readonly SearchValues<char> Legal = SearchValues.Create("-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

        public bool TryConvert(ReadOnlySpan<char> text, [NotNullWhen(true)] out object? value)
        {
            value = text.IsEmpty || text.ContainsAnyExcept(Legal) ? null : text.ToString();
            return value is not null;
        }
    }

    // What may be part of a group's name, as ChannelNames has it, and leaves room for a prefix in front.
    private sealed class Group : IPathConverter
    {
        private const int RoomForPrefix = 19;

        public bool TryConvert(ReadOnlySpan<char> text, [NotNullWhen(true)] out object? value)
        {
            value = text.Length <= ChannelNames.MaxLength - RoomForPrefix && text.ToString() is var name && ChannelNames.IsGroup(name) ? name : null;
            return value is not null;
        }
    }

    private sealed class Uuid : IPathConverter
    {
        private static readonly SearchValues<char> Legal = SearchValues.Create("-0123456789abcdef");

        public bool TryConvert(ReadOnlySpan<char> text, [NotNullWhen(true)] out object? value)
        {
            value = !text.ContainsAnyExcept(Legal) && Guid.TryParseExact(text, "D", out var id) ? id : null;
            return value is not null;
        }
    }

    private sealed class Rest(bool mayBeEmpty) : IPathConverter
    {
        public bool SpansSegments => true;

        public bool TryConvert(ReadOnlySpan<char> text, [NotNullWhen(true)] out object? value)
        {
            value = text.IsEmpty && !mayBeEmpty ? null : text.ToString();
            return value is not null;
        }
    }
}
