using System.Net;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>Counting sockets and handshakes, without sockets.</summary>
public sealed class ConnectionLimitsTests
{
    private readonly ManualTimeProvider _time = new();

    [Test]
    [Proves("SEC-15")]
    public void The_next_socket_of_an_address_is_refused_and_release_makes_room()
    {
        var limits = new ConnectionLimits(new ChannelsServerOptions { MaxWebSocketsPerAddress = 2 }, _time);
        var address = IPAddress.Parse("10.0.0.1");

        Assert.That(limits.TryAdmit(address), Is.Null);
        Assert.That(limits.TryAdmit(address), Is.Null);
        Assert.That(limits.TryAdmit(address), Is.EqualTo("MaxWebSocketsPerAddress"));
        Assert.That(limits.TryAdmit(IPAddress.Parse("10.0.0.2")), Is.Null);
        limits.Release(address);
        Assert.That(limits.TryAdmit(address), Is.Null);
    }

    [TestCase("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [TestCase("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [TestCase("10.0.0.1", "::ffff:10.0.0.1", true)]
    [TestCase("10.0.0.1", "10.0.0.2", false)]
    [TestCase("0.0.0.1", "::", false)]
    [Proves("SEC-15")]
    public void An_IPv6_network_of_64_bits_counts_as_one_client(string one, string other, bool same) =>
        Assert.That(AddressKey.Of(IPAddress.Parse(one)) == AddressKey.Of(IPAddress.Parse(other)), Is.EqualTo(same));

    [Test]
    [Proves("FG-5")]
    public void The_networks_of_a_site_together_have_a_few_times_the_cap_of_one()
    {
        var limits = new ConnectionLimits(new ChannelsServerOptions { MaxWebSocketsPerAddress = 2, MaxHandshakesPerSecondPerAddress = 1 }, _time);
        IPAddress Network(int n) => IPAddress.Parse($"2001:db8:1:{n:x}::1");
        string? Admit(IPAddress address) => limits.TryAdmit(address, handshake: false);

        var admitted = Enumerable.Range(0, 20).Where(n => Admit(Network(n)) is null).ToArray();
        Assert.That(admitted, Is.EqualTo(Enumerable.Range(0, 2 * ConnectionLimits.SiteFactor)));
        Assert.That(Admit(Network(99)), Is.EqualTo("MaxWebSocketsPerAddress"));
        Assert.That(Admit(IPAddress.Parse("2001:db8:2::1")), Is.Null, "another site");
        limits.Release(Network(0));
        Assert.That(Admit(Network(99)), Is.Null);

        foreach (var n in admitted[1..].Append(99))
        {
            limits.Release(Network(n));
        }

        limits.Release(IPAddress.Parse("2001:db8:2::1"));
        Assert.That((limits.Count, limits.AddressCount), Is.EqualTo((0, 0)), "nothing is remembered of those refused or gone");
        Assert.That(Enumerable.Range(0, 100).Count(n => limits.TryAdmit(Network(n)) != "MaxHandshakesPerSecondPerAddress"), Is.EqualTo(2 * ConnectionLimits.SiteFactor), "nor does a site escape the rate");
    }

    [Test]
    [Proves("REL-49")]
    public void The_cap_of_the_server_counts_all_addresses_and_unix_peers()
    {
        var limits = new ConnectionLimits(new ChannelsServerOptions { MaxWebSockets = 2 }, _time);

        Assert.That(limits.TryAdmit(null), Is.Null);
        Assert.That(limits.TryAdmit(IPAddress.Loopback), Is.Null);
        Assert.That(limits.TryAdmit(IPAddress.IPv6Loopback), Is.EqualTo("MaxWebSockets"));
        limits.Release(null);
        limits.Release(IPAddress.Loopback);
        Assert.That((limits.Count, limits.AddressCount), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Zero_means_no_limit()
    {
        var limits = new ConnectionLimits(new ChannelsServerOptions { MaxWebSockets = 0, MaxWebSocketsPerAddress = 0 }, _time);

        Assert.That(Enumerable.Range(0, 1000).Select(_ => limits.TryAdmit(IPAddress.Loopback)), Has.All.Null);
    }

    [Test]
    [Proves("SEC-16")]
    public void Handshakes_are_limited_per_second_with_a_burst()
    {
        var rate = new HandshakeRate(5, _time);
        var key = AddressKey.Of(IPAddress.Loopback);
        int Take() => Enumerable.Range(0, 100).Count(_ => rate.TryTake(key));

        Assert.That(Take(), Is.EqualTo(10));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(Take(), Is.EqualTo(5));
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.That(Take(), Is.EqualTo(10));
    }

    [Test]
    [Proves("SEC-16")]
    public void The_table_is_bounded_and_keeps_addresses_in_use()
    {
        var rate = new HandshakeRate(1, _time, mostAddresses: 100);
        var regular = new AddressKey(ulong.MaxValue, true);
        Assert.That(rate.TryTake(regular) && rate.TryTake(regular));
        for (ulong i = 0; i < 10_000; i++)
        {
            rate.TryTake(new AddressKey(i, true));
            Assert.That(rate.AddressCount, Is.LessThanOrEqualTo(100));
            Assert.That(i % 20 != 0 || !rate.TryTake(regular), Is.True, "an empty bucket in use is not forgotten");
        }
    }

    [Test]
    [Proves("REL-49")]
    public void Refusals_give_one_line_in_three_seconds()
    {
        var log = new LogRecord();
        var refusals = new RefusalLog(log.CreateLogger("x"), new ServerTelemetry(new ChannelsMetrics()), _time);
        for (var i = 0; i < 5; i++)
        {
            refusals.Add("MaxWebSockets");
        }

        Assert.That(log.Lines.Select(line => line.Text), Has.Exactly(1).Items.And.All.StartsWith("Refused 1 connections"));
        _time.Advance(TimeSpan.FromSeconds(3));
        refusals.Add("MaxWebSockets");
        Assert.That(log.Lines, Has.Count.EqualTo(2));
        Assert.That(log.Lines[1].Text, Does.StartWith("Refused 5 connections").And.Contain("Channels:Server:MaxWebSockets"));
    }
}
