using System.Buffers;
using Channels.Layers.Redis;

namespace Channels.Fuzzing;

/// <summary>JSON as it lies in Redis.</summary>
internal sealed class JsonWireTarget : FuzzTarget
{
    private readonly JsonMessageSerializer _serializer = new();

    public override IEnumerable<byte[]> Seeds =>
    [
        """{"type": "chat.message", "text": "h\u00e9llo \ud83d\ude00", "n": [1, -2.5e3, NaN, -Infinity, null, true]}"""u8.ToArray(),
        """{"a": {"b": {"c": [18446744073709551615, 1e999, 0.1]}}}"""u8.ToArray(),
        """{"a": "\ud800\ufffd"}"""u8.ToArray(), // half a pair, and the character that stands for one
    ];

    public override void Check(ReadOnlySpan<byte> input)
    {
        MessageMap map;
        try
        {
            map = _serializer.Deserialize(input);
        }
        catch (FormatException)
        {
            return;
        }

        if (MessageDepth.Of(map) <= JsonWireWriter.MaxDepth)
        {
            var again = new ArrayBufferWriter<byte>();
            _serializer.Serialize(map, again);
            Holds(_serializer.Deserialize(again.WrittenSpan).Equals(map), "what was read can be written and read again");
        }
    }
}
