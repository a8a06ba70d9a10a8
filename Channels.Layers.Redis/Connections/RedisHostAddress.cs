using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>One entry of the host list, parsed: how to connect, or which sentinels to ask. Immutable.</summary>
internal sealed class RedisHostAddress
{
    private const int RedisPort = 6379;
    private const int TlsPort = 6380;
    private const int SentinelPort = 26379;
    private static readonly string[] UrlParameters = ["db", "username", "password", "protocol", "ssl_ca_certs"];
    private static readonly HashSet<string> SentinelCommands = ["AUTH", "PING", "HELLO", "SENTINEL"]; // the client's own map lacks AUTH
    private readonly ConfigurationOptions _options;

    private RedisHostAddress(string display, ConfigurationOptions options) => (Display, _options) = (display, options);

    /// <summary>The address for logs and errors: hosts and ports, no secrets.</summary>
    public string Display { get; }

    /// <summary>The servers that may be connected to, of which the first that can be used is; none for a sentinel entry.</summary>
    public IReadOnlyList<EndPoint> Servers { get; private init; } = [];

    /// <summary>The master's name at the sentinels; null for a plain address.</summary>
    public string? MasterName { get; private init; }

    /// <summary>How to connect to each sentinel.</summary>
    public IReadOnlyList<ConfigurationOptions> Sentinels { get; private init; } = [];

    /// <summary>A copy of the connection settings, without end points.</summary>
    public ConfigurationOptions CopyOptions() => _options.Clone();

    /// <summary>All that a connection of the application's own needs. The client library follows sentinels by itself.</summary>
    /// <exception cref="InvalidOperationException">The client library cannot encrypt one of the ways, to the sentinels or to the master, and not the other.</exception>
    public ConfigurationOptions ToClientOptions()
    {
        var options = CopyOptions();
        options.AbortOnConnectFail = false;
        options.ConfigurationChannel = ""; // no key or channel but the application's own
        options.TieBreaker = "";
        foreach (var server in Servers.Concat(Sentinels.Select(sentinel => sentinel.EndPoints[0])))
        {
            options.EndPoints.Add(server);
        }

        if (Sentinels is [var first, ..])
        {
            options.ServiceName = MasterName;
            (options.SentinelUser, options.SentinelPassword) = (first.User ?? "", first.Password ?? ""); // null would be the master's own
            if (first.Ssl != options.Ssl)
            {
                throw new InvalidOperationException($"The client library encrypts the way to sentinels and that to {MasterName} alike: set both 'ssl' and 'sentinelSsl', or neither.");
            }
        }

        return options;
    }

    /// <summary>Whether connections are encrypted.</summary>
    public bool IsEncrypted => _options.Ssl;

    /// <summary>Another server that is connected to in the same way: a node of the same cluster.</summary>
    public RedisHostAddress At(EndPoint server) => new(RedisEndPoint.Show(server), _options) { Servers = [server] };

    /// <summary>All hosts of a layer, in order.</summary>
    public static RedisHostAddress[] All(RedisLayerOptions options) => options.Hosts.Count == 0 ? [Parse("localhost:6379")] : [.. options.Hosts.Select(Parse)];

    /// <exception cref="ArgumentException">The entry cannot be used; the message says why.</exception>
    public static RedisHostAddress Parse(string text) => TryParse(text, out var address, out var error) ? address : throw new ArgumentException(error, nameof(text));

    public static bool TryParse(string? text, [NotNullWhen(true)] out RedisHostAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        error = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            error = "an entry of Hosts is empty.";
            return false;
        }

        try
        {
            address = text.Split("://", 2) switch
            {
                ["redis", var rest] => ParseUrl(rest, ssl: false),
                ["rediss", var rest] => ParseUrl(rest, ssl: true),
                ["sentinel", var rest] => ParseSentinels(rest),
                ["unix", var rest] => ParseUnix(rest),
                [var scheme, _] when scheme.All(char.IsAsciiLetterOrDigit) => throw new ArgumentException($"'{scheme}://' is unknown; use redis://, rediss://, sentinel:// or unix://."),
                _ => ParsePlain(text),
            };
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            error = $"an entry of Hosts cannot be used: {(MayQuotePassword(text) ? "in a URL, the '?' of a password is written %3F and its '@' %40." : e.Message)}"; // never the entry itself: it may hold a password
            return false;
        }
    }

    // What stands between a '?' and an '@' was taken for parameters and is perhaps none.
    private static bool MayQuotePassword(string text) => text.IndexOf('?', StringComparison.Ordinal) is >= 0 and var mark && text.IndexOf('@', mark) >= 0;

    private static RedisHostAddress ParsePlain(string text)
    {
        var parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var settings = parts.Where(part => part.Contains('=', StringComparison.Ordinal)).ToArray();
        var (options, authorities) = PlainSettings.Parse(settings);
        var servers = parts.Except(settings).Select(server => RedisEndPoint.Parse(server, options.Ssl ? TlsPort : RedisPort)).ToArray();
        return Make(options, servers, authorities);
    }

    private static RedisHostAddress ParseUrl(string rest, bool ssl)
    {
        var url = new RedisUrl(rest, UrlParameters);
        return Make(OptionsOf(url, url["db"] ?? url.Path, ssl), RedisEndPoint.ParseAll(url.Servers, RedisPort), url["ssl_ca_certs"]);
    }

    private static RedisHostAddress ParseUnix(string rest)
    {
        var url = new RedisUrl(rest, "db", "username", "password", "protocol");
        return url.Servers.Length > 0 || url.Path.Length == 0
            ? throw new ArgumentException("a unix socket looks like unix:///path/to/redis.sock.")
            : Make(OptionsOf(url, url["db"] ?? "", ssl: false), [new System.Net.Sockets.UnixDomainSocketEndPoint("/" + Uri.UnescapeDataString(url.Path))], authorities: null);
    }

    private static RedisHostAddress ParseSentinels(string rest)
    {
        var url = new RedisUrl(rest, [.. UrlParameters, "ssl", "sentinelUsername", "sentinelPassword", "sentinelSsl"]);
        var options = OptionsOf(url, url["db"] ?? "", IsTrue(url, "ssl"));
        RedisTls.Apply(options, url["ssl_ca_certs"]);
        var sentinels = RedisEndPoint.ParseAll(url.Servers, SentinelPort).Select(server =>
        {
            var sentinel = new ConfigurationOptions
            {
                CommandMap = CommandMap.Create(SentinelCommands, available: true),
                User = url["sentinelUsername"],
                Password = url["sentinelPassword"],
                Ssl = IsTrue(url, "sentinelSsl"),
                Protocol = options.Protocol,
            };
            sentinel.EndPoints.Add(server);
            RedisTls.Apply(sentinel, url["ssl_ca_certs"]);
            return sentinel;
        }).ToArray();
        return url.Path.Length == 0 || sentinels.Length == 0
            ? throw new ArgumentException("a sentinel entry looks like sentinel://host:26379,host:26379/master-name.")
            : new($"{url.Path} at sentinels {url.Servers}", options) { MasterName = url.Path, Sentinels = sentinels };
    }

    private static ConfigurationOptions OptionsOf(RedisUrl url, string database, bool ssl) => new()
    {
        Ssl = ssl,
        User = (url.User ?? url["username"]) is { Length: > 0 } user ? user : null,
        Password = url.Password ?? url["password"],
        DefaultDatabase = ParseDatabase(database),
        Protocol = url["protocol"] switch
        {
            "2" or "resp2" => RedisProtocol.Resp2,
            "3" or "resp3" or null => RedisProtocol.Resp3,
            _ => throw new ArgumentException("its parameter 'protocol' is 2 or 3."),
        },
    };

    private static bool IsTrue(RedisUrl url, string name) => url[name] switch
    {
        "true" => true,
        null or "false" => false,
        _ => throw new ArgumentException($"its parameter '{name}' is true or false."),
    };

    private static RedisHostAddress Make(ConfigurationOptions options, EndPoint[] servers, string? authorities)
    {
        RedisTls.Apply(options, authorities);
        return servers.Length == 0 ? throw new ArgumentException("it names no server.") : new(Show(servers, options), options) { Servers = servers };
    }

    private static int ParseDatabase(string text) => text.Length == 0 ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var database) ? database
        : throw new ArgumentException($"'{HeaderText.Escape(text)}' is not a database number.");

    private static string Show(EndPoint[] servers, ConfigurationOptions options) =>
        string.Join(" or ", servers.Select(RedisEndPoint.Show)) + (options.DefaultDatabase is > 0 and var database ? string.Create(CultureInfo.InvariantCulture, $"/{database}") : "");
}
