using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;

namespace Channels.Kestrel;

/// <summary>The switches of every program, named as people know them from other servers, and the configuration that they stand for.</summary>
internal sealed class HostSwitches
{
    private const string DefaultHost = "127.0.0.1";
    private const int DefaultPort = 8000;

    public const string DefaultUrl = "http://127.0.0.1:8000";

    private readonly Option<int?> _port = new("--port", "-p")
    {
        HelpName = "N",
        Description = $"port on {DefaultHost}, or on the host of --bind; 0 takes a free one (default {DefaultPort})",
        CustomParser = ReadPort,
    };

    private readonly Option<string> _bind = new("--bind", "-b") { HelpName = "HOST", Description = $"host to listen on (default {DefaultHost})" };

    private readonly Option<string[]> _unixSockets = new("--unix-socket", "-u") { HelpName = "PATH", Description = "unix socket to listen on; repeatable" };

    private readonly Option<string[]> _urls = new("--urls") { HelpName = "URL;URL", Description = "what to listen on, as URLs; repeatable" };

    private readonly Option<string> _serverName = new("--server-name", "-s") { HelpName = "NAME", Description = "value of the Server header (default: none)" };

    private readonly Option<bool> _noServerName = new("--no-server-name") { Arity = ArgumentArity.Zero, Description = "no Server header" };

    private readonly Option<string> _rootPath = new("--root-path") { HelpName = "PATH", Description = "where the site is mounted from the client's point of view" };

    private readonly Option<string[]> _proxies = new("--trusted-proxy") { HelpName = "ADDRESS", Description = "a proxy whose forwarded headers are believed; repeatable" };

    private readonly Option<bool> _accessLog = new("--access-log") { Arity = ArgumentArity.Zero, Description = "log each request" };

    /// <summary>All of them; each may stand before and behind the verb.</summary>
    public IReadOnlyList<Option> All { get; }

    public HostSwitches()
    {
        All = [_port, _bind, _unixSockets, _urls, _serverName, _noServerName, _rootPath, _proxies, _accessLog];
        foreach (var option in All)
        {
            option.Recursive = true;
        }
    }

    /// <summary>What was given, as <c>--key=value</c>.</summary>
    public IEnumerable<string> ToConfiguration(ParseResult line)
    {
        if (line.GetValue(_noServerName))
        {
            yield return Pair("Channels:Server:ServerHeader", "");
        }

        if (line.GetValue(_accessLog))
        {
            yield return Pair("Channels:Server:AccessLog", "true");
        }

        if (line.GetValue(_serverName) is { } name)
        {
            yield return Pair("Channels:Server:ServerHeader", name);
        }

        if (line.GetValue(_rootPath) is { } path)
        {
            yield return Pair("Channels:Server:RootPath", path);
        }

        foreach (var (number, proxy) in (line.GetValue(_proxies) ?? []).Index())
        {
            yield return Pair($"Channels:Server:TrustedProxies:{number}", proxy);
        }

        if (ToUrls(line) is { Count: > 0 } urls)
        {
            yield return Pair("urls", string.Join(';', urls));
        }
    }

    private static string Pair(string key, string value) => $"--{key}={value}";

    private static int? ReadPort(ArgumentResult given)
    {
        var text = given.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort)
        {
            return port;
        }

        given.AddError($"'{text}' is not a port: give a number from 0 (any free port) to 65535.");
        return null;
    }

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host;

    // All ways to listen add up.
    private List<string> ToUrls(ParseResult line)
    {
        List<string> urls =
        [
            .. (line.GetValue(_urls) ?? []).SelectMany(value => value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)),
            .. (line.GetValue(_unixSockets) ?? []).Select(path => $"http://unix:{Path.GetFullPath(path)}"),
        ];
        var (host, port) = (line.GetValue(_bind), line.GetValue(_port));
        if (host is not null || port is not null)
        {
            urls.Add($"http://{Bracketed(host ?? DefaultHost)}:{port ?? DefaultPort}");
        }

        return urls;
    }
}
