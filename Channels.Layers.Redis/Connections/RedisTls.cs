using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>How connections are encrypted, the client library's and our own alike.</summary>
internal static class RedisTls
{
    /// <param name="options">Of the connections.</param>
    /// <param name="authorities">A PEM file with the authorities to trust instead of the system's; null for the system's.</param>
    /// <exception cref="ArgumentException">The file cannot be read.</exception>
    public static void Apply(ConfigurationOptions options, string? authorities)
    {
        var policy = authorities is null ? null : PolicyOf(authorities);
        var (protocols, revocation) = (options.SslProtocols, options.CheckCertificateRevocation);
        options.SslClientAuthenticationOptions = host => new()
        {
            TargetHost = host,
            EnabledSslProtocols = protocols ?? System.Security.Authentication.SslProtocols.None, // the system's choice
            CertificateRevocationCheckMode = revocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
            CertificateChainPolicy = policy?.Clone(),
        };
    }

    /// <summary>Makes a connection to a server an encrypted one, if it is to be.</summary>
    public static async Task<Stream> WrapAsync(Stream stream, EndPoint server, ConfigurationOptions options, CancellationToken cancellationToken)
    {
        if (!options.Ssl)
        {
            return stream;
        }

        var host = !string.IsNullOrEmpty(options.SslHost) ? options.SslHost : server is DnsEndPoint dns ? dns.Host : ((IPEndPoint)server).Address.ToString();
        var encrypted = new SslStream(stream);
        await encrypted.AuthenticateAsClientAsync(options.SslClientAuthenticationOptions!(host)!, cancellationToken); // set above
        return encrypted;
    }

    private static X509ChainPolicy PolicyOf(string authorities)
    {
        // Authorities of one's own seldom say where to ask for revoked certificates.
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(authorities);
            return policy;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ArgumentException($"'ssl_ca_certs' names no readable PEM file: {e.Message}", e);
        }
    }
}
