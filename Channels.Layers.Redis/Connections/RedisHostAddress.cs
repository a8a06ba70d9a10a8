using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>One entry of the host list, parsed: how to connect, or which sentinels to ask. Immutable.</summary>
internal sealed class RedisHostAddress
{
    private const int RedisPort = 6379;
    private const int SentinelPort = 26379;
    private static readonly HashSet<string> SentinelCommands = ["AUTH", "PING", "INFO", "SENTINEL"]; // the client's own map lacks AUTH
    private readonly ConfigurationOptions _options;

    private RedisHostAddress(string display, ConfigurationOptions options) => (Display, _options) = (display, options);

    /// <summary>The address for logs and errors: hosts and ports, no secrets.</summary>
    public string Display { get; }

    /// <summary>The master's name at the sentinels; null for a plain address.</summary>
    public string? MasterName { get; private init; }

    /// <summary>How to connect to each sentinel.</summary>
    public IReadOnlyList<ConfigurationOptions> Sentinels { get; private init; } = [];

    /// <summary>A copy of the connection settings; for a sentinel entry without end points.</summary>
    public ConfigurationOptions CopyOptions() => _options.Clone();

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
                ["unix", _] => throw new ArgumentException("unix sockets need a newer StackExchange.Redis; use a TCP address."),
                [var scheme, _] => throw new ArgumentException($"'{scheme}://' is unknown; use redis://, rediss:// or sentinel://."),
                _ => ParsePlain(text),
            };
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            error = $"an entry of Hosts cannot be used: {e.Message}"; // never the entry itself: it may hold a password
            return false;
        }
    }

    private static RedisHostAddress ParsePlain(string text)
    {
        if (text.Contains("user=", StringComparison.OrdinalIgnoreCase))
        {
            throw UserRefused();
        }

        var options = ConfigurationOptions.Parse(text);
        if (options.EndPoints.Count != 1)
        {
            throw new ArgumentException("it must name exactly one server; give each shard an entry of its own.");
        }

        options.SetDefaultPorts();
        return new(Show(options), options);
    }

    private static RedisHostAddress ParseUrl(string rest, bool ssl)
    {
        var (options, host, path, _) = Split(rest);
        options.Ssl = ssl;
        options.EndPoints.Add(host.Contains(':', StringComparison.Ordinal) ? host : $"{host}:{RedisPort}");
        options.DefaultDatabase = ParseDatabase(path);
        return new(Show(options), options);
    }

    private static RedisHostAddress ParseSentinels(string rest)
    {
        var (options, hosts, master, query) = Split(rest);
        var sentinelPassword = query.GetValueOrDefault("sentinelPassword");
        options.Password = query.GetValueOrDefault("password") ?? options.Password;
        options.Ssl = query.GetValueOrDefault("ssl") == "true";
        options.DefaultDatabase = ParseDatabase(query.GetValueOrDefault("db") ?? "");
        var sentinels = hosts.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(host =>
        {
            var sentinel = new ConfigurationOptions { CommandMap = CommandMap.Create(SentinelCommands, available: true), Password = sentinelPassword };
            sentinel.EndPoints.Add(host.Contains(':', StringComparison.Ordinal) ? host : $"{host}:{SentinelPort}");
            return sentinel;
        }).ToArray();
        return master.Length == 0 || sentinels.Length == 0
            ? throw new ArgumentException("a sentinel entry looks like sentinel://host:26379,host:26379/master-name.")
            : new($"{master} at sentinels {hosts}", options) { MasterName = master, Sentinels = sentinels };
    }

    private static (ConfigurationOptions Options, string Host, string Path, Dictionary<string, string> Query) Split(string rest)
    {
        var options = new ConfigurationOptions();
        var question = rest.Split('?', 2);
        var query = (question.Length == 2 ? question[1] : "").Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? ""));
        var at = question[0].LastIndexOf('@');
        if (at >= 0)
        {
            var credentials = question[0][..at].Split(':', 2);
            options.Password = Uri.UnescapeDataString(credentials[^1]);
            if (credentials.Length == 2 && credentials[0] is not ("" or "default"))
            {
                throw UserRefused();
            }
        }

        var parts = question[0][(at + 1)..].Split('/', 2);
        return (options, parts[0], parts.ElementAtOrDefault(1) ?? "", query);
    }

    private static int ParseDatabase(string text) => text.Length == 0 ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var database) ? database
        : throw new ArgumentException($"'{text}' is not a database number.");

    private static string Show(ConfigurationOptions options) => options.EndPoints[0] switch
    {
        System.Net.DnsEndPoint dns => string.Create(CultureInfo.InvariantCulture, $"{dns.Host}:{dns.Port}"),
        var other => other.ToString() ?? "",
    } + (options.DefaultDatabase is > 0 and var database ? string.Create(CultureInfo.InvariantCulture, $"/{database}") : "");

    // StackExchange.Redis 1.2.6 sends AUTH with a password only.
    private static ArgumentException UserRefused() =>
        new("an ACL user other than 'default' needs StackExchange.Redis 2.x or later; use the default user's password.");
}
