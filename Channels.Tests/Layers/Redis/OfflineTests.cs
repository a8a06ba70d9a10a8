using Channels.Layers.Redis;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Layers.Redis;

/// <summary>What the core layer decides by itself, with no server in reach.</summary>
public sealed class OfflineTests
{
    [Test]
    [Proves("R-CORE-04", "R-CORE-05")]
    public async Task Names_have_the_shape_that_Python_gives_them()
    {
        await using var layer = new RedisCoreLayer("default", Nowhere());
        await using var one = await layer.NewChannelAsync();
        await using var two = await layer.NewChannelAsync("jobs");

        Assert.That(one.Name, Does.Match(@"\Aspecific\.[0-9a-f]{32}![0-9a-f]{32}\z").And.Length.EqualTo(74));
        Assert.That(two.Name, Does.Match(@"\Ajobs\.[0-9a-f]{32}![0-9a-f]{32}\z"));
        Assert.That(two.Name.Split('.')[1].Split('!')[0], Is.EqualTo(one.Name.Split('.')[1].Split('!')[0]), "one id for the layer's life");
    }

    [Test]
    [Proves("C-LAYER-15")]
    public async Task Channels_of_a_process_are_not_received_by_name()
    {
        await using var layer = new RedisCoreLayer("default", Nowhere());

        Assert.That(async () => await layer.ReceiveAsync("specific.0123456789abcdef0123456789abcdef!x"), Throws.InvalidOperationException.With.Message.Contains(nameof(ChannelInbox)));
    }

    [Test]
    [Proves("R-NEW-06")]
    public async Task The_numbers_that_both_sides_need_are_logged_at_start()
    {
        using var log = new LogRecorder();
        var options = Nowhere();
        (options.Prefix, options.Capacity, options.RandomPrefixLength, options.SerializerFormat) = ("shop:", 77, 4, "json");
        (options.Expiry, options.GroupExpiry) = (TimeSpan.FromSeconds(30), TimeSpan.FromHours(1));
        options.SymmetricEncryptionKeys.Add("a secret");
        await using var layer = new RedisCoreLayer("default", options, logger: new Logger<RedisCoreLayer>(log));

        var line = log.Lines.Single(entry => entry.Id == 5030).Text;
        Assert.That(line, Does.Contain("prefix 'shop:'").And.Contain("expiry 30 s").And.Contain("group_expiry 3600 s").And.Contain("capacity 77"));
        Assert.That(line, Does.Contain("random_prefix_length 4").And.Contain("serializer_format json").And.Contain("1 encryption key").And.Not.Contain("secret"));
    }

    private static RedisLayerOptions Nowhere() => new() { Hosts = { "127.0.0.1:1" }, ConnectTimeout = TimeSpan.FromSeconds(1) };
}
