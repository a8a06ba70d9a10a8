using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Channels.AspNetCore;
using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Authentication.Certificate;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.AspNetCore;

/// <summary>Users who show a certificate when they connect (TLS).</summary>
public sealed class ClientCertificateTests
{
    [TestCase("1.1")]
    [TestCase("2.0")]
    public async Task The_user_of_a_socket_is_whom_its_certificate_names(string version)
    {
        using var own = Make("CN=127.0.0.1", days: 1);
        await using var server = await StartAsync(own);
        using var ann = Make("CN=ann", days: 1);
        using var socket = await OpenAsync(server, Version.Parse(version), ann);
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("ann"));
    }

    [Test]
    public async Task Without_a_certificate_that_is_good_a_socket_is_refused_before_it_is_accepted()
    {
        using var own = Make("CN=127.0.0.1", days: 1);
        await using var server = await StartAsync(own);
        using var expired = Make("CN=ann", days: -1);
        Assert.That(await RefusalAsync(server, null), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await RefusalAsync(server, expired), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    private static Task<LiveServer> StartAsync(X509Certificate2 certificate) => LiveServer.StartAsync(
        new ProtocolTypeRouter { ["websocket"] = AuthMiddleware.Wrap(RequireUser.Wrap(Consumer.Of<Greeter>())) },
        builder =>
        {
            builder.Set("urls", "https://127.0.0.1:0");
            builder.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https =>
            {
                https.ServerCertificate = certificate;
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.AllowAnyClientCertificate(); // the scheme judges
            }));
            builder.Services.AddAuthentication(CertificateAuthenticationDefaults.AuthenticationScheme).AddCertificate(options =>
            {
                options.AllowedCertificateTypes = CertificateTypes.SelfSigned;
                options.RevocationMode = X509RevocationMode.NoCheck;
            });
        });

    private static async Task<ClientWebSocket> OpenAsync(LiveServer server, Version version, X509Certificate2? certificate)
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = version;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.CollectHttpResponseDetails = true;
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, offered, _, _) => offered?.Subject == "CN=127.0.0.1";
        handler.SslOptions.ClientCertificates = certificate is null ? [] : [certificate];
        try
        {
            await socket.ConnectAsync(server.WebSocketAddress("/"), new HttpMessageInvoker(handler), default);
        }
        catch (WebSocketException) when (socket.HttpStatusCode != 0)
        {
            // refused: the socket tells how
        }

        return socket;
    }

    private static async Task<HttpStatusCode> RefusalAsync(LiveServer server, X509Certificate2? certificate)
    {
        using var socket = await OpenAsync(server, HttpVersion.Version11, certificate);
        return socket.HttpStatusCode;
    }

    private static X509Certificate2 Make(string subject, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(days));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    private sealed class Greeter : WebSocketConsumer
    {
        protected override async ValueTask OnConnectAsync()
        {
            await AcceptAsync();
            await SendTextAsync($"{Scope.User!.FindFirst(System.Security.Claims.ClaimTypes.Name)?.Value}");
        }
    }
}
