using Channels.Kestrel;
using Channels.Layers.Redis;
using Channels.Tests.Architecture;
using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Tests.Applications;

/// <summary>Lists given as text, and keys that nobody reads.</summary>
public sealed class OptionsFromConfigurationTests
{
    [Test]
    [Proves("FN-2")]
    public void Lists_of_a_layer_are_read_from_text()
    {
        using var services = Services(
            ("Channels:Layers:default:Hosts", "redis:6379,password=a"), ("Channels:Layers:default:SymmetricEncryptionKeys", "one,two;three"),
            ("Channels:Layers:jobs:Hosts", "a:1; sentinel://b:1,c:2/main"));
        var monitor = services.GetRequiredService<IOptionsMonitor<RedisLayerOptions>>();
        Assert.That(monitor.Get("default").Hosts, Is.EqualTo(new[] { "redis:6379,password=a" }), "commas belong to an entry");
        Assert.That(monitor.Get("default").SymmetricEncryptionKeys, Is.EqualTo(new[] { "one,two;three" }), "a key holds what it likes");
        Assert.That(monitor.Get("jobs").Hosts, Is.EqualTo(new[] { "a:1", "sentinel://b:1,c:2/main" }));
    }

    [Test]
    [Proves("FN-2")]
    public void A_list_whose_entries_have_parts_is_refused_as_text()
    {
        using var services = Services(("Channels:Layers:default:ChannelCapacity", "jobs=5"));
        Assert.That(
            () => services.GetRequiredService<IOptionsMonitor<RedisLayerOptions>>().Get("default"),
            Throws.InvalidOperationException.With.Message.Contains("Channels:Layers:default:ChannelCapacity").And.Message.Contains("jobs=5"));
    }

    [Test]
    public void Of_text_and_list_the_stronger_source_counts()
    {
        var weak = new Dictionary<string, string?> { ["Channels:Layers:default:Hosts:0"] = "a:1", ["Channels:Layers:default:Hosts:1"] = "b:1", ["Channels:Layers:jobs:Hosts"] = "c:1" };
        var strong = new Dictionary<string, string?> { ["Channels:Layers:default:Hosts"] = "d:1", ["Channels:Layers:jobs:Hosts:0"] = "e:1" };
        using var services = Services(new ConfigurationBuilder().AddInMemoryCollection(weak).AddInMemoryCollection(strong).Build());
        var monitor = services.GetRequiredService<IOptionsMonitor<RedisLayerOptions>>();
        Assert.That(monitor.Get("default").Hosts, Is.EqualTo(new[] { "d:1" }));
        Assert.That(monitor.Get("jobs").Hosts, Is.EqualTo(new[] { "e:1" }));
    }

    [Test]
    [Proves("FN-2")]
    public void Every_list_option_of_every_section_is_one_that_text_reaches()
    {
        var lists = Libraries.Names.SelectMany(name => Libraries.Load(name).GetExportedTypes())
            .Where(type => type.IsClass && type.Name.EndsWith("Options", StringComparison.Ordinal))
            .SelectMany(type => type.GetProperties())
            .Where(property => property.PropertyType != typeof(string) && property.PropertyType.IsAssignableTo(typeof(System.Collections.IEnumerable)));
        Assert.That(lists.Select(property => property.Name), Does.Contain("Hosts").And.Contains("AllowedHosts"));
        Assert.That(lists.Where(property => property.PropertyType.Name != typeof(IList<>).Name).Select(property => property.Name), Is.Empty, "the reader looks for IList<T>");
    }

    [TestCase("Channels:Server:AllowedHost", "AllowedHosts")]
    [TestCase("Channels:Server:AllowedHost:0", "AllowedHosts")]
    [TestCase("Channels:WebSocket:MaxMesageBytes", "MaxMessageBytes")]
    [TestCase("Channels:Sever:AllowedHosts", "Server")]
    [TestCase("Channels:Layers:defualt:Hosts", "default, jobs")]
    [TestCase("Channels:Layers:default:Host", "Hosts")]
    [TestCase("Channels:Workers:thumbnails:Concurency", "Concurrency")]
    [TestCase("Channels:DeadLetters:Retenttion", "Retention")]
    [TestCase("Channels:Server:MaxWebSockets:0", "one value")]
    [Proves("FN-5")]
    public async Task A_key_that_nobody_reads_is_warned_about_with_the_nearest_name(string key, string named)
    {
        var lines = await WarningsAsync((key, "1"));
        Assert.That(lines, Has.Count.EqualTo(1));
        Assert.That(lines[0], Does.Contain(key.EndsWith(":0", StringComparison.Ordinal) ? key[..^2] : key.StartsWith("Channels:Sever", StringComparison.Ordinal) ? "Channels:Sever" : key.StartsWith("Channels:Layers:defualt", StringComparison.Ordinal) ? "Channels:Layers:defualt" : key).And.Contain(named));
    }

    [Test]
    [Proves("FN-5")]
    public async Task A_workers_name_that_is_misspelt_is_warned_about_and_those_of_other_processes_are_not()
    {
        static void Workers(IServiceCollection services) => services.AddChannelWorker("thumbnails-generate").AddChannelWorker("mail-1");
        var lines = await WarningsAsync(Workers, ("Channels:Workers:thumbnail-generate:Concurrency", "4"), ("Channels:Workers:mail-1:Concurrency", "1"), ("Channels:Workers:mail-2:Concurrency", "1"), ("Channels:Workers:video:Concurrency", "1"));
        Assert.That(lines, Has.Count.EqualTo(1));
        Assert.That(lines[0], Does.Contain("'Channels:Workers:thumbnail-generate'").And.EndsWith("; did you mean 'thumbnails-generate'?"));
    }

    [Test]
    public async Task Keys_that_are_read_are_not_warned_about() => Assert.That(
        await WarningsAsync(
            ("channels:server:allowedhosts", "a"), ("Channels:Server:TrustedProxies:0", "10.0.0.1"), ("Channels:Layers:jobs:ChannelCapacity:0:Glob", "*"),
            ("Channels:Workers:any:Layer", "jobs"), ("Channels:Jobs:Capacity", "5"), ("Other:Key", "5")),
        Is.Empty);

    private static ServiceProvider Services(params (string Key, string Value)[] settings) =>
        Services(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value)).Build());

    private static ServiceProvider Services(IConfiguration configuration) => Register(new ServiceCollection().AddSingleton(configuration)).BuildServiceProvider();

    private static IServiceCollection Register(IServiceCollection services)
    {
        services.AddChannels().AddRedisLayer().AddRedisLayer("jobs").AddRedisDeadLetters();
        return services.AddChannelsServer((scope, receive, send) => Task.CompletedTask);
    }

    private static Task<List<string>> WarningsAsync(params (string Key, string Value)[] settings) => WarningsAsync(null, settings);

    private static async Task<List<string>> WarningsAsync(Action<IServiceCollection>? more, params (string Key, string Value)[] settings)
    {
        var log = new LogRecord();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(log);
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value));
        Register(builder.Services);
        more?.Invoke(builder.Services);
        using var host = builder.Build();
        await host.Services.GetServices<IHostedService>().OfType<ConfigurationCheck>().Single().StartAsync(default);
        return [.. log.Lines.Where(line => line.Id == 1030).Select(line => line.Text)];
    }
}
