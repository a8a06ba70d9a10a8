namespace Channels.Tests.Interop;

/// <summary>Messages that must look the same in both languages.</summary>
internal static class InteropSamples
{
    /// <summary>Everything both languages and both serializers can carry.</summary>
    public static MessageMap Plain { get; } = new()
    {
        ["null"] = MessageValue.Null,
        ["yes"] = true,
        ["no"] = false,
        ["small"] = -1,
        ["min"] = long.MinValue,
        ["max"] = long.MaxValue,
        ["unsigned"] = MessageValue.FromUInt64(ulong.MaxValue),
        ["double"] = 0.1,
        ["whole"] = 3.0,
        ["tiny"] = 5e-324,
        ["huge"] = 1.7976931348623157e308,
        ["text"] = "grüße \u0000 \"quoted\" \\ 你好 😀 שלום",
        ["empty"] = "",
        ["list"] = new MessageValue[] { 1, "two", 3.5, MessageValue.Null, Array.Empty<MessageValue>(), new MessageValue[] { new MessageMap { ["deep"] = new MessageValue[] { true } } } },
        ["map"] = new MessageMap { ["inner"] = new MessageMap { ["x"] = 1, ["é"] = 2 }, [""] = "empty key" },
    };

    /// <summary>The same with byte strings, which JSON cannot carry.</summary>
    public static MessageMap WithBytes { get; } = With(Plain, "bytes", new byte[] { 0, 255, 128, 10 });

    /// <summary>What Python sees of a message: type and fields in one map.</summary>
    public static MessageMap Wire(string type, MessageMap fields)
    {
        var map = new MessageMap { ["type"] = type };
        foreach (var (key, value) in fields)
        {
            map[key] = value;
        }

        return map;
    }

    public static ChannelMessage Numbered(long number) => new("test.numbered", new() { ["n"] = number });

    private static MessageMap With(MessageMap map, string name, MessageValue more)
    {
        var copy = Wire("unused", map);
        var result = new MessageMap();
        foreach (var (key, value) in copy.Where(entry => entry.Key != "type"))
        {
            result[key] = value;
        }

        result[name] = more;
        return result;
    }
}
