using System.Buffers;
using System.Text;
using Channels.Layers.Redis;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Layers.Redis;

/// <summary>What the Redis layers tell the operator, and serializers of one's own.</summary>
public sealed class RedisLayerLogTests : RedisTestBase
{
    [Test]
    [Proves("R-NEW-06")]
    public async Task The_settings_that_peers_need_are_printed_without_secrets()
    {
        using var log = new LogRecorder();
        var options = new RedisLayerOptions { Prefix = "my:", RandomPrefixLength = 4, SerializerFormat = "json" };
        options.Hosts.Add("redis://:topsecret@localhost:1/2");
        options.SymmetricEncryptionKeys.Add("keysecret");
        await using var layer = new RedisCoreLayer(options: options, logger: log.CreateLogger<RedisCoreLayer>());
        var line = log.Lines.Single().Text;
        Assert.That(line, Does.Contain("localhost:1/2").And.Contain("'my:'").And.Contain("expiry 60 s").And.Contain("group_expiry 86400 s")
            .And.Contain("capacity 100").And.Contain("1 encryption keys").And.Contain("random_prefix_length 4").And.Contain("serializer_format json"));
        Assert.That(line, Does.Not.Contain("secret"));
    }

    [Test]
    [Proves("R-CORE-64")]
    public async Task A_clock_that_is_off_the_servers_is_reported()
    {
        using var log = new LogRecorder();
        var options = new RedisLayerOptions();
        options.Hosts.Add((await StartServerAsync()).Address);
        await using var layer = new RedisCoreLayer(options: options, time: new SlowClock(), logger: log.CreateLogger<RedisCoreLayer>());
        await layer.StartAsync();
        await Eventually.Is(() => log.Lines.Any(line => line.Text.Contains("the clock of Redis is", StringComparison.Ordinal)));
    }

    [Test]
    [Proves("R-SER-01", "R-SER-02")]
    public async Task A_serializer_of_ones_own_gets_prefix_and_encryption_from_the_layer()
    {
        var server = await StartServerAsync();
        void Configure(RedisLayerOptions options)
        {
            RedisOptions.BePatient(options);
            options.AddSerializer(new TypeOnlySerializer());
            options.SerializerFormat = "type-only";
            options.SymmetricEncryptionKeys.Add("key");
        }

        await using var member = await OpenMemberAsync(MakePubSub(server.Address, Configure));
        await MakePubSub(server.Address, Configure).GroupSendAsync("room", new ChannelMessage("chat.message"));
        Assert.That((await NextAsync(member)).Type, Is.EqualTo("chat.message"));
    }

    [Test]
    [Proves("F-01")]
    public async Task An_outage_is_two_lines_and_not_a_flood()
    {
        using var log = new LogRecord();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(log).SetMinimumLevel(LogLevel.Trace));
        var server = await StartServerAsync();
        var options = new RedisLayerOptions();
        options.Hosts.Add(server.Address);
        await using var layer = new RedisPubSubLayer(options: options, logger: factory.CreateLogger<RedisPubSubLayer>());
        await layer.StartAsync();
        await server.KillAsync();
        await Eventually.Is(() => layer.Links.All(link => !link.IsConnected));
        for (var i = 0; i < 1000; i++)
        {
            Assert.That(async () => await layer.GroupSendAsync("room", Numbered(i)), Throws.TypeOf<ChannelLayerUnavailableException>());
        }

        await server.RestartAsync();
        await Eventually.Is(() => layer.Links.All(link => link.IsConnected));
        var seen = log.Lines.Count(line => line.Level > LogLevel.Debug); // at that level there is a line for each attempt, as many as the outage is long
        Assert.That(seen, Is.LessThan(15), "settings, and per connection: connected, lost, perhaps one failed attempt, connected");
    }

    private sealed class SlowClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - TimeSpan.FromSeconds(60);
    }

    private sealed class TypeOnlySerializer : IMessageSerializer
    {
        public string Format => "type-only";

        public void Serialize(MessageMap message, IBufferWriter<byte> output) => Encoding.UTF8.GetBytes(message["type"].GetText(), output);

        public MessageMap Deserialize(ReadOnlySpan<byte> body) => new() { ["type"] = Encoding.UTF8.GetString(body) };
    }
}
