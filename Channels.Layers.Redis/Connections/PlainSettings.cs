using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// What may stand behind <c>host:port</c>, in the client library's own spelling. Those that the layer decides itself, such as
/// <c>abortConnect</c>, are taken as well: they stand in every second connection string that is copied from elsewhere.
/// </summary>
internal static class PlainSettings
{
    private const string Authorities = "ssl_ca_certs";
    private static readonly string[] Used = ["user", "password", "ssl", "sslHost", "sslProtocols", "checkCertificateRevocation", Authorities, "defaultDatabase", "protocol"];
    private static readonly string[] Decided =
    [
        "abortConnect", "asyncTimeout", "configCheckSeconds", "configChannel", "connectRetry", "connectTimeout", "keepAlive", "name", "preserveAsyncOrder",
        "resolveDns", "responseTimeout", "setlib", "syncTimeout", "tcpKeepAlive", "tiebreaker", "version", "writeBuffer",
    ];

    /// <exception cref="ArgumentException">A setting is unknown, or cannot be used here.</exception>
    public static (ConfigurationOptions Options, string? Authorities) Parse(IEnumerable<string> settings)
    {
        List<string> used = [];
        string? authorities = null;
        foreach (var setting in settings)
        {
            var name = setting[..setting.IndexOf('=', StringComparison.Ordinal)].Trim();
            if (name.Equals(Authorities, StringComparison.OrdinalIgnoreCase))
            {
                authorities = setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim();
            }
            else if (Used.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                used.Add(setting);
            }
            else if (!Decided.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw RedisUrl.Unknown("setting", name, Used);
            }
        }

        var options = used.Count == 0 ? new() : ConfigurationOptions.Parse(string.Join(',', used)); // it refuses an empty text
        options.Protocol ??= RedisProtocol.Resp3;
        return (options, authorities);
    }
}
