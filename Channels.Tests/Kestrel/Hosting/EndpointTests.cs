using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Kestrel.Http;
using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>What the server listens on.</summary>
public sealed class EndpointTests
{
    private static readonly Application Echo = async (scope, receive, send) =>
    {
        var http = (HttpScope)scope;
        await send.TextAsync($"{http.Scheme} {http.HttpVersion} {http.Client?.Address.ToString() ?? "-"}");
    };

    [Test]
    [Proves("E-04")]
    public async Task Port_0_takes_a_free_port_and_tells_which()
    {
        await using var app = await LiveServer.StartFunctionAsync(Echo);

        Assert.That(app.Host.Addresses.Single(), Does.Match(@"^http://127\.0\.0\.1:[1-9]\d+$"));
        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("http 1.1 127.0.0.1"));
    }

    [TestCase(new string[0], "http://127.0.0.1:8000")]
    [TestCase(new[] { "urls", "http://a:1; http://b:2" }, "http://a:1,http://b:2")]
    [TestCase(new[] { "http_ports", "8080;8081", "https_ports", "8443" }, "http://*:8080,http://*:8081,https://*:8443")]
    [TestCase(new[] { "urls", "http://a:1", "http_ports", "8080" }, "http://a:1")]
    [TestCase(new[] { "Kestrel:Endpoints:Web:Url", "http://c:3" }, "")]
    [Proves("E-04", "C-CLI-01")]
    public void Where_the_addresses_come_from(string[] settings, string expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Chunk(2).ToDictionary(pair => pair[0], pair => (string?)pair[1])).Build();

        Assert.That(string.Join(',', ServerUrls.From(configuration)), Is.EqualTo(expected));
    }

    [Test]
    [Proves("E-03")]
    public async Task Endpoints_and_certificates_come_from_the_kestrel_section()
    {
        using var folder = new TemporaryFolder();
        var (path, certificate) = folder.Certificate();
        using var _ = certificate;
        await using var server = await LiveServer.StartFunctionAsync(Echo, builder => builder.Set(new()
        {
            ["urls"] = null,
            ["Kestrel:Endpoints:Plain:Url"] = "http://127.0.0.1:0",
            ["Kestrel:Endpoints:H2c:Url"] = "http://127.0.0.1:0",
            ["Kestrel:Endpoints:H2c:Protocols"] = "Http2",
            ["Kestrel:Endpoints:Secure:Url"] = "https://127.0.0.1:0",
            ["Kestrel:Endpoints:Secure:Certificate:Path"] = path,
            ["Kestrel:Endpoints:Secure:Certificate:Password"] = "secret",
        }));
        using var client = Client(certificate);
        async Task<string> GetAsync(string url, Version version)
        {
            using var answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, url) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact });
            return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
        }

        var plain = server.Host.Addresses.Where(address => address.StartsWith("http:", StringComparison.Ordinal)).ToArray();
        var answers = new List<string>();
        foreach (var url in plain)
        {
            try
            {
                answers.Add(await GetAsync(url, HttpVersion.Version11));
            }
            catch (HttpRequestException)
            {
                answers.Add(await GetAsync(url, HttpVersion.Version20)); // the endpoint that speaks HTTP/2 only
            }
        }

        var secure = server.Host.Addresses.Single(address => address.StartsWith("https:", StringComparison.Ordinal));
        Assert.That(answers, Is.EquivalentTo(new[] { "http 1.1 127.0.0.1", "http 2 127.0.0.1" }));
        Assert.That(await GetAsync(secure, HttpVersion.Version11), Is.EqualTo("https 1.1 127.0.0.1"));
        Assert.That(await GetAsync(secure, HttpVersion.Version20), Is.EqualTo("https 2 127.0.0.1"));
    }

    [Test]
    [Proves("E-74", "C-CLI-03")]
    public async Task A_unix_socket_is_served_and_the_client_has_no_address()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("app.sock");
        await using var server = await LiveServer.StartFunctionAsync(Echo, builder => builder.Set("urls", $"http://unix:{path}"));

        Assert.That(await server.Http.GetStringAsync("/"), Is.EqualTo("http 1.1 -"));
        Assert.That(await server.Http.GetStringAsync("/healthz/live"), Is.EqualTo("Healthy"));
    }

    [Test]
    public async Task Endpoints_can_be_given_in_code()
    {
        await using var server = await LiveServer.StartFunctionAsync(Echo, builder =>
        {
            builder.Set("urls", "");
            builder.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        });
        using var client = new HttpClient();

        Assert.That(server.Host.Addresses, Has.Exactly(1).Items);
        Assert.That(await client.GetStringAsync(server.Host.Addresses.Single()), Is.EqualTo("http 1.1 127.0.0.1"));
    }

    [Test]
    public void A_host_without_root_says_what_is_missing()
    {
        static Task<LiveServer> StartAsync() => LiveServer.StartFunctionAsync(Echo, builder => builder.Root = null);

        Assert.That(StartAsync, Throws.InvalidOperationException.With.Message.Contains("Root"));
    }

    [Test]
    public async Task The_root_can_be_made_from_the_services()
    {
        await using var app = await LiveServer.StartFunctionAsync(Echo, builder => builder.RootFactory = services =>
            async (scope, receive, send) =>
            {
                _ = scope is LifespanScope ? throw new UnsupportedScopeException("made", scope, "http") : scope;
                await send.TextAsync(services.GetType().Namespace!.Split('.')[0]);
            });

        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("Microsoft"));
    }

    private static HttpClient Client(X509Certificate2 certificate) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, offered, _, _) => offered?.GetCertHashString() == certificate.GetCertHashString(),
        },
    });

    private sealed class TemporaryFolder : IDisposable
    {
        private readonly TestFolder _folder = new();

        public string PathOf(string name) => _folder.PathOf(name);

        public (string Path, X509Certificate2 Certificate) Certificate()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
            using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            var bytes = made.Export(X509ContentType.Pfx, "secret");
            File.WriteAllBytes(PathOf("server.pfx"), bytes);
            return (PathOf("server.pfx"), X509CertificateLoader.LoadPkcs12(bytes, "secret"));
        }

        public void Dispose() => _folder.Dispose();
    }
}
