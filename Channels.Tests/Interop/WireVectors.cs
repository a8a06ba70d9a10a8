using System.Globalization;
using System.Text;
using System.Text.Json;
using Channels.Tests.Support;

namespace Channels.Tests.Interop;

/// <summary>The recorded bytes of Python's channels_redis, and the notation they are written in.</summary>
internal static class WireVectors
{
    /// <summary>The whole file; read anew by each caller, so that nothing is shared between tests.</summary>
    public static JsonElement Load() => JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("Channels.Tests", "Interop", "Vectors", "redis-wire-vectors.json"))).RootElement;

    /// <summary>The cases of one section, each named by its id.</summary>
    public static IEnumerable<TestCaseData> Cases(string section, string list = "cases", string id = "id") =>
        Load().GetProperty(section).GetProperty(list).EnumerateArray().Select((item, index) =>
            new TestCaseData(item).SetArgDisplayNames(item.ValueKind == JsonValueKind.Object && item.TryGetProperty(id, out var name) ? name.ToString() : index.ToString(CultureInfo.InvariantCulture)));

    public static byte[] Bytes(this JsonElement item, string property) => Convert.FromHexString(item.GetProperty(property).GetString()!);

    public static string Text(this JsonElement item, string property) => item.GetProperty(property).GetString()!;

    /// <summary>A typed value of the file's notation; throws for integers that no 64-bit type holds.</summary>
    public static MessageValue Value(JsonElement typed)
    {
        var entry = typed.EnumerateObject().Single();
        var content = entry.Value;
        return entry.Name switch
        {
            "nil" => MessageValue.Null,
            "bool" => content.GetBoolean(),
            "int" => content.GetString()!.StartsWith('-') ? long.Parse(content.GetString()!, CultureInfo.InvariantCulture) : MessageValue.FromUInt64(ulong.Parse(content.GetString()!, CultureInfo.InvariantCulture)),
            "f64" => BitConverter.Int64BitsToDouble(Convert.ToInt64(content.GetProperty("bits").GetString(), 16)),
            "str" => content.GetString(),
            "bin" => Convert.FromHexString(content.GetString()!),
            "array" => content.EnumerateArray().Select(Value).ToArray(),
            "map" => Map(content),
            "str_repeat" => new StringBuilder().Insert(0, content.Text("unit"), content.GetProperty("count").GetInt32()).ToString(),
            "bin_repeat" => Enumerable.Repeat(content.Bytes("unit"), content.GetProperty("count").GetInt32()).SelectMany(unit => unit).ToArray(),
            "array_repeat" => Enumerable.Repeat(Value(content.GetProperty("item")), content.GetProperty("count").GetInt32()).ToArray(),
            "map_count" => Counted(content.GetInt32()),
            "nest_array" => Enumerable.Range(1, content.GetInt32() - 1).Aggregate((MessageValue)Array.Empty<MessageValue>(), (inner, _) => new[] { inner }),
            "nest_map" => Enumerable.Range(1, content.GetInt32() - 1).Aggregate((MessageValue)new MessageMap(), (inner, _) => new MessageMap { ["a"] = inner }),
            _ => throw new NotSupportedException(entry.Name),
        };
    }

    /// <summary>A map of the notation as the layer takes it: the type apart from the fields.</summary>
    public static ChannelMessage Message(JsonElement typed)
    {
        var map = Value(typed).GetMap();
        var fields = new MessageMap();
        foreach (var (key, value) in map.Where(entry => entry.Key != "type"))
        {
            fields[key] = value;
        }

        return new(map["type"].GetText(), fields);
    }

    private static MessageMap Map(JsonElement entries)
    {
        var map = new MessageMap();
        foreach (var entry in entries.EnumerateArray())
        {
            map[entry[0].GetString()!] = Value(entry[1]);
        }

        return map;
    }

    private static MessageMap Counted(int count)
    {
        var map = new MessageMap();
        for (var i = 0; i < count; i++)
        {
            map[$"k{i}"] = i;
        }

        return map;
    }
}
