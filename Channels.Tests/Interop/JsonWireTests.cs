using System.Buffers;
using System.Text;
using System.Text.Json;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Interop;

/// <summary>JSON text as Python's json module writes it.</summary>
public sealed class JsonWireTests
{
    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "json_encode", "cases", "id" })]
    [Proves("R-JSON-01", "R-JSON-02")]
    public void Text_is_Pythons_and_reads_back(JsonElement vector)
    {
        if (vector.Text("id") == "json:big-int")
        {
            // 2^64 fits no 64-bit type: the specification allows signed 64 bits only (docs/differences.md).
            Assert.That(() => Decode(vector.Text("utf8_text")), Throws.TypeOf<FormatException>());
            return;
        }

        var map = WireVectors.Value(vector.GetProperty("value")).GetMap();
        Assert.That(Encode(map), Is.EqualTo(vector.Text("utf8_text")));
        Assert.That(Decode(vector.Text("utf8_text")), Is.EqualTo(map));
    }

    [TestCase("1e+22", 1e22)]
    [TestCase("1e+16", 1e16)]
    [TestCase("1000000000000000.0", 1e15)]
    [TestCase("0.0001", 0.0001)]
    [TestCase("1e-05", 0.00001)]
    [TestCase("1.2345678901234568e+17", 123456789012345680.0)]
    [TestCase("5e-324", double.Epsilon)]
    [TestCase("1.7976931348623157e+308", double.MaxValue)]
    [TestCase("-0.0", -0.0)]
    [TestCase("1700000000.123456", 1700000000.123456)]
    [TestCase("123456.0", 123456.0)]
    [TestCase("9007199254740994.0", 9007199254740994.0)]
    [Proves("R-JSON-02")]
    public void Doubles_look_as_in_Python(string text, double value) => Assert.That(PythonDouble.Format(value), Is.EqualTo(text));

    [Test]
    [Proves("R-JSON-02")]
    public void Bytes_are_refused_with_the_remedy() =>
        Assert.That(() => Encode(new MessageMap { ["b"] = new byte[] { 1 } }), Throws.ArgumentException.With.Message.Contains("msgpack"));

    [TestCase(" { \"a\" : [ 1 , 2.5e3 , -0 , true , null ] } ")]
    [TestCase("{\"a\":\"\\u00e9\\ud83d\\ude00é😀\\/\"}")]
    [TestCase("{\"a\":1,\"a\":2}")]
    [Proves("R-JSON-01")]
    public void Any_valid_text_is_read(string text) => Assert.That(Decode(text).ContainsKey("a"));

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("{")]
    [TestCase("{\"a\"}")]
    [TestCase("{\"a\":}")]
    [TestCase("{\"a\":1,}")]
    [TestCase("{\"a\":01}")]
    [TestCase("{\"a\":1.}")]
    [TestCase("{\"a\":\"\u0001\"}")]
    [TestCase("{\"a\":\"\\ud800\"}")]
    [TestCase("{\"a\":\"\\x\"}")]
    [TestCase("{\"a\":\"")]
    [TestCase("{\"a\":\"\\")]
    [TestCase("{\"a\":\"\\u12")]
    [TestCase("{\"a\":nan}")]
    [TestCase("{} {}")]
    [TestCase("{1:2}")]
    [Proves("R-JSON-01")]
    public void Anything_else_is_refused(string text) => Assert.That(() => Decode(text), Throws.TypeOf<FormatException>());

    [Test]
    [Proves("R-JSON-01")]
    public void Hostile_depth_is_refused() =>
        Assert.That(() => Decode(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))), Throws.TypeOf<FormatException>());

    private static MessageMap Decode(string text) => new JsonMessageSerializer().Deserialize(Encoding.UTF8.GetBytes(text));

    private static string Encode(MessageMap map)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new JsonMessageSerializer().Serialize(map, buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
