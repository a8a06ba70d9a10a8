using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Channels.Tests.Layers;

public sealed class ChannelLayerHealthCheckTests
{
    [Test]
    [Proves("E-11")]
    public async Task A_working_layer_is_healthy_and_the_probe_leaves_nothing_behind()
    {
        await using var services = Make(c => c.AddInMemoryLayer("presence"), h => h.AddChannelLayerCheck(degradedAfter: Eventually.Patience, tags: ["ready"]).AddChannelLayerCheck("presence", degradedAfter: Eventually.Patience));
        var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.That(report.Entries.Select(e => (e.Key, e.Value.Status)), Is.EquivalentTo([("channel-layer-default", HealthStatus.Healthy), ("channel-layer-presence", HealthStatus.Healthy)]));
        Assert.That(report.Entries["channel-layer-default"].Tags, Is.EqualTo(["ready"]));
        Assert.That(report.Entries["channel-layer-default"].Data, Contains.Key("roundTripMilliseconds"));
        Assert.That(((InMemoryChannelLayer)services.GetRequiredService<IChannelLayer>()).QueueCount, Is.Zero);
    }

    [Test]
    [Proves("E-11")]
    public async Task A_slow_layer_is_degraded()
    {
        await using var services = Make(_ => { }, h => h.AddChannelLayerCheck(degradedAfter: TimeSpan.Zero));
        var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.That(report.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(report.Entries.Values.Single().Description, Does.Contain("is slow"));
    }

    [Test]
    [Proves("E-11")]
    public async Task A_failing_layer_is_unhealthy_with_its_reason()
    {
        await using var services = Make(c => c.AddLayer("default", _ => throw new TimeoutException("the server is gone")), h => h.AddChannelLayerCheck());
        var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.That(report.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(report.Entries.Values.Single().Description, Does.Contain("the server is gone"));
    }

    [Test]
    public async Task An_unknown_alias_is_named_and_the_failure_status_is_the_callers()
    {
        await using var services = Make(_ => { }, h => h.AddChannelLayerCheck("nowhere", failureStatus: HealthStatus.Degraded));
        var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.That(report.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(report.Entries.Values.Single().Description, Does.Contain("There is no channel layer 'nowhere'"));
    }

    [Test]
    public void Senseless_times_are_refused()
    {
        Assert.That(() => Make(_ => { }, h => h.AddChannelLayerCheck(timeout: TimeSpan.Zero)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Make(_ => { }, h => h.AddChannelLayerCheck(degradedAfter: TimeSpan.FromSeconds(-1))), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static ServiceProvider Make(Action<ChannelsBuilder> layers, Action<IHealthChecksBuilder> checks)
    {
        var services = new ServiceCollection();
        services.AddChannels(layers);
        checks(services.AddHealthChecks());
        return services.BuildServiceProvider();
    }
}
