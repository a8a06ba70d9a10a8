using System.Text.Json.Nodes;
using Channels.Layers.Redis;
using Channels.Tests.Layers.Redis;

namespace Channels.Tests.Interop;

/// <summary>What is published to a group's history in the core layout, read by a real Python process.</summary>
public sealed class PublishInteropTests : RedisTestBase
{
    [TestCase("core", false, 1)]
    [TestCase("core", false, 20)]
    [TestCase("core", true, 3)]
    [TestCase("json", false, 1)]
    [TestCase("json", false, 20)]
    public async Task Python_reads_what_is_published(string kind, bool encrypted, int members)
    {
        var server = await StartServerAsync();
        await using var python = await PythonPeer.StartAsync(kind, [server], ("keys", encrypted ? new JsonArray("a secret") : null));
        IHistoryLayer layer = MakeCore(server.Address, options =>
        {
            options.SerializerFormat = kind == "json" ? "json" : "msgpack";
            if (encrypted)
            {
                options.SymmetricEncryptionKeys.Add("a secret");
            }
        });
        var fields = kind == "json" ? InteropSamples.Plain : InteropSamples.WithBytes;
        List<string> channels = [];
        for (var n = 1; n <= members; n++)
        {
            channels.Add(await python.OpenMemberAsync("room"));
            if (n is 1 or 16 || n == members) // an unknown group, and ones that have changed
            {
                var position = await layer.PublishAsync(new("room", new("from.csharp", fields), WirePosition.NewMark(), Again: false), new(layer.Parts, new()), default);
                var heard = await python.TakeAsync(n);
                Assert.That(heard.Select(item => item.Channel), Is.EquivalentTo(channels));
                foreach (var (_, message) in heard)
                {
                    var entry = message["__channels_position__"].GetText();
                    Assert.That(entry, encrypted ? Does.StartWith("?") : Is.EqualTo(WirePosition.Of(position, "room")));
                    var expected = InteropSamples.Wire("from.csharp", fields);
                    expected["__channels_position__"] = entry;
                    Assert.That(message, Is.EqualTo(expected));
                }
            }
        }
    }
}
