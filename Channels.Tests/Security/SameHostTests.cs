using Channels.Tests.Support;

namespace Channels.Tests.Security;

[TestFixture]
public sealed class SameHostTests
{
    [TestCase("http://example.com", "example.com")]
    [TestCase("https://example.com", "example.com")]
    [TestCase("https://example.com:443", "example.com")]
    [TestCase("https://example.com", "example.com:443")]
    [TestCase("http://example.com", "example.com:80")]
    [TestCase("http://EXAMPLE.com", "Example.COM")]
    [TestCase("http://localhost:8000", "localhost:8000")]
    [TestCase("http://127.0.0.1:8000", "127.0.0.1:8000")]
    [TestCase("http://[::1]:8000", "[0:0:0:0:0:0:0:1]:8000")]
    [TestCase("wss://example.com", "example.com")]
    [TestCase("http://bücher.example", "xn--bcher-kva.example")]
    [TestCase("http://xn--bcher-kva.example", "BÜCHER.example")]
    [Proves("SEC-03")]
    public void The_same_host_passes(string origin, string host) =>
        Assert.That(IsSameHost(origin, host), Is.True);

    [TestCase("http://evil.example", "example.com")]
    [TestCase("http://evilexample.com", "example.com")]
    [TestCase("http://www.example.com", "example.com")]
    [TestCase("http://example.com:8080", "example.com")]
    [TestCase("https://example.com", "example.com:80")]
    [TestCase("http://localhost:3000", "localhost:8000")]
    [TestCase("http://example.com.", "example.com")]
    [TestCase("http://example.com/", "example.com")]
    [TestCase("http://user:pw@example.com", "example.com")]
    [TestCase("http://example.com@evil.example", "example.com")]
    [TestCase("http://example.com#", "example.com")]
    [TestCase("http://example.com http://evil.example", "example.com")]
    [TestCase("http://evil.example, http://example.com", "example.com")]
    [TestCase("http://example.com\\.evil.example", "example.com")]
    [TestCase("http://ex\u0430mple.com", "example.com", TestName = "{m}(Cyrillic a)")]
    [TestCase("http://ｅxample.com", "example.com", TestName = "{m}(full-width e)")]
    [TestCase("chrome-extension://example.com", "example.com")]
    [TestCase("//example.com", "example.com")]
    [TestCase("file://", "example.com")]
    [TestCase("null", "example.com")]
    [TestCase("null", "null")]
    [TestCase("", "example.com")]
    [TestCase("example.com", "example.com")]
    [TestCase("http://[bad", "example.com")]
    [TestCase("http://[bad", "[bad")]
    [TestCase("http://example.com:99999", "example.com:99999")]
    [TestCase("http://example.com:abc", "example.com:abc")]
    [TestCase("http://[fe80::1%25eth0]", "[fe80::1%25eth0]")]
    [Proves("SEC-01", "SEC-03")]
    public void Any_other_origin_is_refused_without_an_exception(string origin, string host) =>
        Assert.That(IsSameHost(origin, host), Is.False);

    [Test]
    [Proves("SEC-02")]
    public void A_missing_origin_passes_unless_required()
    {
        Assert.That(IsSameHost(null, "example.com"), Is.True);
        Assert.That(IsSameHost(null, "example.com", MissingOrigin.Refuse), Is.False);
        Assert.That(IsSameHost("http://example.com", null), Is.False);
    }

    [Test]
    [Proves("SEC-10")]
    public void Several_origin_or_host_headers_are_refused()
    {
        Assert.That(Lenient.FindRefusal(new HeaderList { { "host", "a.example" }, { "origin", "http://a.example" } }), Is.Null);
        Assert.That(Lenient.FindRefusal(new HeaderList { { "host", "a.example" }, { "origin", "http://a.example" }, { "Origin", "http://a.example" } }), Is.Not.Null);
        Assert.That(Lenient.FindRefusal(new HeaderList { { "host", "a.example" }, { "host", "a.example" }, { "origin", "http://a.example" } }), Is.Not.Null);
        Assert.That(Lenient.FindRefusal(new HeaderList()), Is.Null);
    }

    private static OriginPolicy Lenient { get; } = OriginPolicy.SameHost(MissingOrigin.Allow);

    private static bool IsSameHost(string? origin, string? host, MissingOrigin missing = MissingOrigin.Allow) =>
        OriginPolicy.SameHost(missing).FindRefusal(new RawHeaders(origin, host)) is null;
}
