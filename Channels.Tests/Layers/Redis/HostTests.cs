using Channels.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Channels.Tests.Layers.Redis;

/// <summary>Registration, options, and servers that cannot be used.</summary>
public sealed class HostTests : RedisTestBase
{
    [Test]
    [Proves("R-CORE-74")]
    public async Task A_cluster_is_refused_at_start_with_the_reason_and_pub_sub_works_there()
    {
        var server = await StartServerAsync("--cluster-enabled", "yes");
        await server.CommandAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        using var host = MakeHost(channels => channels.AddRedisLayer(configure: options =>
        {
            options.Hosts.Add(server.Address);
            RedisOptions.BePatient(options); // what does not answer in time is away, and refused by nobody
        }));
        Assert.That(async () => await host.StartAsync(), Throws.InvalidOperationException.With.Message.Contains("Cluster").And.Message.Contains("AddRedisPubSubLayer"));

        var layer = MakePubSub(server.Address);
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
    }

    [Test]
    public async Task Send_from_anywhere_any_generic_host_reaches_the_groups_of_another_process()
    {
        var server = await StartServerAsync();
        var sockets = MakeCore(server.Address);
        await using var member = await OpenMemberAsync(sockets);
        using var cron = MakeHost(channels => channels.AddRedisLayer(configure: RedisOptions.BePatient), ("Channels:Layers:default:Hosts:0", server.Address));
        await cron.Services.GetRequiredService<IChannelLayer>().GroupSendAsync("room", Numbered(1)); // not even started: it connects at first use
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(1));
        await ((IAsyncDisposable)cron).DisposeAsync();
    }

    [Test]
    [Proves("R-CORE-60")]
    public void Options_bind_from_configuration_under_their_own_names()
    {
        using var host = MakeHost(
            channels => channels.AddRedisLayer("chat", options => options.Capacity += 1),
            ("Channels:Layers:chat:Hosts:0", "one:6379"), ("Channels:Layers:chat:Hosts:1", "redis://:secret@two:6380/3"),
            ("Channels:Layers:chat:Prefix", "my:"), ("Channels:Layers:chat:Expiry", "00:00:30"), ("Channels:Layers:chat:GroupExpiry", "02:00:00"),
            ("Channels:Layers:chat:Capacity", "7"), ("Channels:Layers:chat:ChannelCapacity:0:Glob", "jobs*"), ("Channels:Layers:chat:ChannelCapacity:0:Capacity", "3"),
            ("Channels:Layers:chat:SymmetricEncryptionKeys:0", "key"), ("Channels:Layers:chat:RandomPrefixLength", "4"), ("Channels:Layers:chat:SerializerFormat", "json"));
        var options = host.Services.GetRequiredService<IOptionsMonitor<RedisLayerOptions>>().Get("chat");
        Assert.That(options.Hosts, Has.Count.EqualTo(2));
        Assert.That((options.Prefix, options.Expiry.TotalSeconds, options.GroupExpiry.TotalHours, options.Capacity), Is.EqualTo(("my:", 30.0, 2.0, 8)));
        Assert.That((options.ChannelCapacity.Single().Glob, options.RandomPrefixLength, options.SerializerFormat), Is.EqualTo(("jobs*", 4, "json")));
        Assert.That(options.SymmetricEncryptionKeys, Is.EqualTo(["key"]));
    }

    [TestCase("Expiry", "00:00:00.5", "whole seconds")]
    [TestCase("SerializerFormat", "yaml", "msgpack, json")]
    [TestCase("RandomPrefixLength", "-1", "0 to 255")]
    [TestCase("Prefix", "a b", "visible ASCII")]
    [TestCase("Hosts:0", "host:6379,pasword=secret", "did you mean 'password'")]
    [TestCase("Capacity", "0", "Capacity")]
    [TestCase("MaxPendingCommands", "0", "MaxPendingCommands")]
    [TestCase("MaxUnconfirmedSends", "-1", "MaxUnconfirmedSends")]
    [Proves("R-CORE-63", "SEC-57")]
    public void Wrong_settings_stop_the_start_by_name_without_secrets(string name, string value, string reason)
    {
        using var host = MakeHost(channels => channels.AddRedisLayer(), ($"Channels:Layers:default:{name}", value));
        var error = Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.That(error!.Message, Does.Contain(reason).And.Not.Contain("secret"));
    }

    [Test]
    [Proves("FN-12")]
    public async Task Every_redis_layer_is_in_readiness_and_one_that_is_none_any_more_does_no_harm()
    {
        var server = MakeServer();
        using var away = MakeHost(channels => channels.AddRedisLayer("chat", options => options.Hosts.Add(server.Address)));
        await away.StartAsync();
        var report = (await away.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Tags.Contains("ready"))).Entries["redis-layer-chat"];
        Assert.That((report.Status, report.Description), Is.EqualTo((HealthStatus.Degraded, $"The Redis layer 'chat' is without {server.Address}.")));
        await away.StopAsync();
        await ((IAsyncDisposable)away).DisposeAsync();

        using var replaced = MakeHost(channels => channels.AddRedisLayer().AddInMemoryLayer());
        Assert.That((await replaced.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy));
    }

    [Test]
    [Proves("R-HOST-05")]
    public async Task Database_numbers_separate_core_layers()
    {
        var server = await StartServerAsync();
        var (zero, three) = (MakeCore($"redis://{server.Address}/0"), MakeCore($"redis://{server.Address}/3"));
        await zero.SendAsync("work", Numbered(0));
        await three.SendAsync("work", Numbered(3));
        Assert.That(NumberOf(await NextAsync(three, "work")), Is.EqualTo(3));
        Assert.That(NumberOf(await NextAsync(zero, "work")), Is.EqualTo(0));
        await using var member = await OpenMemberAsync(three);
        await three.SendAsync(member.Name, Numbered(4));
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(4));
    }

    [Test]
    [Proves("R-PUB-04")]
    public async Task Database_numbers_do_not_separate_pub_sub_layers()
    {
        var server = await StartServerAsync();
        await using var member = await OpenMemberAsync(MakePubSub($"redis://{server.Address}/3"));
        await MakePubSub($"redis://{server.Address}/0").GroupSendAsync("room", Numbered(1));
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(1));
    }

    [Test]
    [Proves("REL-17", "REL-26")]
    public async Task Health_is_degraded_while_redis_is_away_and_names_the_host()
    {
        var server = MakeServer();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddChannels(channels => channels.AddRedisLayer(configure: options => options.Hosts.Add(server.Address)));
        builder.Services.AddHealthChecks().AddRedisLayerCheck();
        using var host = builder.Build();
        await host.StartAsync(); // Redis is away and the host starts
        var health = host.Services.GetRequiredService<HealthCheckService>();
        var away = (await health.CheckHealthAsync()).Entries["redis-layer-default"];
        Assert.That((away.Status, away.Description), Is.EqualTo((HealthStatus.Degraded, $"The Redis layer 'default' is without {server.Address}.")));
        await server.RestartAsync();
        await Support.Eventually.Is(async () => (await health.CheckHealthAsync()).Status == HealthStatus.Healthy);
        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    private static IHost MakeHost(Action<ChannelsBuilder> configure, params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value)));
        builder.Services.AddChannels(configure);
        return builder.Build();
    }
}
