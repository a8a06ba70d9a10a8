using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Channels.Tests.Layers;

/// <summary>AddChannels: aliases, options from configuration, checks at start.</summary>
public sealed class ChannelLayerRegistrationTests
{
    [Test]
    public void Without_a_layer_named_there_is_an_in_memory_default()
    {
        using var services = new ServiceCollection().AddChannels().Services.BuildServiceProvider(validateScopes: true);
        var layer = services.GetRequiredService<IChannelLayer>();
        Assert.That(layer, Is.InstanceOf<InMemoryChannelLayer>().With.Property(nameof(IChannelLayer.Alias)).EqualTo("default"));
        Assert.That(services.GetRequiredKeyedService<IChannelLayer>("default"), Is.SameAs(layer));
        Assert.That(services.GetKeyedService<IChannelLayer>("unknown"), Is.Null);
        Assert.That(services.GetRequiredService<ChannelLayerRegistrations>().Aliases, Is.EqualTo(["default"]));
        Assert.That(services.GetRequiredService<TimeProvider>(), Is.SameAs(TimeProvider.System));
        Assert.That(services.GetRequiredService<ConsumerFaults>(), Is.Not.Null);
    }

    [Test]
    [Proves("E-07")]
    public async Task Named_layers_are_separate()
    {
        await using var services = new ServiceCollection().AddChannels(c => c.AddInMemoryLayer("presence", o => o.Capacity = 1)).Services.BuildServiceProvider();
        var layer = services.GetRequiredService<IChannelLayer>();
        var presence = services.GetRequiredKeyedService<IChannelLayer>("presence");
        Assert.That(presence, Is.Not.SameAs(layer));
        await presence.SendAsync("jobs", new ChannelMessage("test"));
        Assert.That(async () => await presence.SendAsync("jobs", new ChannelMessage("test")), Throws.InstanceOf<ChannelFullException>());
        Assert.That(((InMemoryChannelLayer)layer).QueueCount, Is.Zero);
        await layer.SendAsync("jobs", new ChannelMessage("test"));
        await layer.SendAsync("jobs", new ChannelMessage("test"));
        Assert.That(services.GetRequiredService<ChannelLayerRegistrations>().Aliases, Is.EqualTo(["default", "presence"]));
    }

    [Test]
    public void Registering_again_replaces_a_layer_and_calling_again_only_adds()
    {
        var collection = new ServiceCollection();
        var custom = new InMemoryChannelLayer("default");
        collection.AddChannels().AddLayer("default", _ => custom);
        collection.AddChannels().AddInMemoryLayer("other");
        collection.AddChannels();
        using var services = collection.BuildServiceProvider();
        Assert.That(services.GetRequiredService<IChannelLayer>(), Is.SameAs(custom));
        Assert.That(services.GetKeyedServices<IChannelLayer>("default").Count(), Is.EqualTo(1));
        Assert.That(services.GetServices<IChannelLayer>().Count(), Is.EqualTo(1));
        Assert.That(services.GetServices<ChannelsMetrics>().Count(), Is.EqualTo(1));
    }

    [Test]
    [Proves("E-06")]
    public async Task Options_come_from_configuration_then_from_code()
    {
        var configuration = Configuration(
            ("Channels:Layers:default:Capacity", "5"), ("Channels:Layers:default:Expiry", "00:00:10"), ("Channels:Layers:default:GroupExpiry", "01:00:00"),
            ("Channels:Layers:default:ChannelCapacity:0:Glob", "jobs*"), ("Channels:Layers:default:ChannelCapacity:0:Capacity", "1"),
            ("Channels:Layers:other:Capacity", "7"));
        var collection = new ServiceCollection().AddSingleton(configuration);
        collection.AddChannels().AddInMemoryLayer("default", o => o.Expiry *= 2).AddInMemoryLayer("other");
        await using var services = collection.BuildServiceProvider();
        var monitor = services.GetRequiredService<IOptionsMonitor<InMemoryLayerOptions>>();
        var options = monitor.Get("default");
        Assert.That((options.Capacity, options.Expiry, options.GroupExpiry), Is.EqualTo((5, TimeSpan.FromSeconds(20), TimeSpan.FromHours(1))));
        Assert.That(options.ChannelCapacity.Select(r => (r.Glob, r.Capacity)), Is.EqualTo([("jobs*", 1)]), "once, although the default was registered twice");
        Assert.That(monitor.Get("other").Capacity, Is.EqualTo(7));
        var layer = services.GetRequiredService<IChannelLayer>();
        await layer.SendAsync("jobs-1", new ChannelMessage("test"));
        Assert.That(async () => await layer.SendAsync("jobs-1", new ChannelMessage("test")), Throws.InstanceOf<ChannelFullException>());
    }

    [TestCase("Capacity", "0", "Channels:Layers:default:Capacity must be at least 1, but is 0.")]
    [TestCase("Expiry", "00:00:00", "Channels:Layers:default:Expiry must be longer than zero and at most 365 days, but is 00:00:00.")]
    [TestCase("Expiry", "366.00:00:00", "at most 365 days")]
    [TestCase("GroupExpiry", "-00:00:01", "Channels:Layers:default:GroupExpiry must be longer than zero")]
    [TestCase("ChannelCapacity:0:Glob", "a", "Channels:Layers:default:ChannelCapacity:0:Capacity must be at least 1, but is 0.")]
    [TestCase("ChannelCapacity:0:Capacity", "5", "Channels:Layers:default:ChannelCapacity:0 has no usable pattern")]
    [TestCase("ChannelCapacity:0:Regex", "(", "Channels:Layers:default:ChannelCapacity:0 has no usable pattern")]
    [TestCase("ChannelCapacity:0:Regex", @"(a)\1", "Channels:Layers:default:ChannelCapacity:0 has no usable pattern")]
    [TestCase("Capacity", "many", "Channels:Layers:default:Capacity")]
    [Proves("E-06")]
    public void Bad_options_stop_the_start_and_are_named(string key, string value, string message)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new($"Channels:Layers:default:{key}", value)]);
        builder.Services.AddChannels();
        using var host = builder.Build();
        Assert.That(async () => await host.StartAsync(), Throws.Exception.With.Message.Contains(message));
    }

    [Test]
    public async Task A_replaced_layers_options_are_not_checked()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("Channels:Layers:default:Capacity", "0")]);
        builder.Services.AddChannels().AddLayer("default", _ => new InMemoryChannelLayer());
        using var host = builder.Build();
        await host.StartAsync();
        await host.StopAsync();
    }

    [TestCase("")]
    [TestCase("a:b")]
    public void An_alias_must_fit_into_a_configuration_key(string alias) =>
        Assert.That(() => new ServiceCollection().AddChannels().AddInMemoryLayer(alias), Throws.InstanceOf<ArgumentException>());

    private static IConfiguration Configuration(params (string Key, string Value)[] entries) =>
        new ConfigurationBuilder().AddInMemoryCollection(entries.Select(e => KeyValuePair.Create(e.Key, (string?)e.Value))).Build();
}
