using System.Net;
using Channels.Benchmarks;
using Channels.Tests.EndToEnd;

namespace Channels.Tests.Benchmarks;

/// <summary>A small disruption: clients whose connections are cut get every message in order, once.</summary>
[Platform("Linux")]
public sealed class DisruptionSmokeTests
{
    [Test]
    public async Task Clients_that_are_cut_and_come_back_miss_nothing()
    {
        await using var server = await ConformanceServer.StartAsync();
        var plan = new DisruptionPlan(20, TimeSpan.FromSeconds(3))
        {
            Life = TimeSpan.FromMilliseconds(600),
            Away = TimeSpan.FromMilliseconds(200),
            MessagesPerSecond = 50,
        };
        using var site = new RunningSite(IPEndPoint.Parse(server.Addresses[0].Authority));
        using var run = new DisruptionRun(plan, site);

        var result = await Task.Run(() => run.Run("cuts"));

        Assert.That(result, Has.Property("IsClean").True.And.Property("Cuts").Positive.And.Property("Expected").Positive, result.Row);
        Assert.That(site.Strikes, Is.Positive);
    }

    private sealed class RunningSite(IPEndPoint place) : DisruptionSite
    {
        internal override IReadOnlyList<IPEndPoint> EndPoints => [place];

        internal int Strikes { get; private set; }

        internal override bool IsStruck => true;

        internal override void Strike() => Strikes++;

        public override void Dispose()
        {
        }
    }
}
