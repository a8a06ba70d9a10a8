using Microsoft.Extensions.Configuration;

namespace Channels.Kestrel;

/// <summary>Which addresses the server listens on when the section <c>Kestrel:Endpoints</c> names none.</summary>
internal static class ServerUrls
{
    private static readonly char[] Separators = [';'];

    /// <summary>
    /// The key <c>urls</c> (<c>--urls</c>, <c>ASPNETCORE_URLS</c>, <c>DOTNET_URLS</c>), else <c>http_ports</c> and
    /// <c>https_ports</c>, else <see cref="HostSwitches.DefaultUrl"/>; empty when endpoints are configured.
    /// </summary>
    public static IReadOnlyList<string> From(IConfiguration configuration)
    {
        var urls = Split(configuration["urls"]);
        if (urls.Length > 0)
        {
            return urls;
        }

        if (configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
        {
            return [];
        }

        string[] ports =
        [
            .. Split(configuration["http_ports"]).Select(port => $"http://*:{port}"),
            .. Split(configuration["https_ports"]).Select(port => $"https://*:{port}"),
        ];
        return ports.Length > 0 ? ports : [HostSwitches.DefaultUrl];
    }

    /// <summary>These, and those of the section <c>Kestrel:Endpoints</c>, each with where it stands.</summary>
    public static IEnumerable<(string Key, string Address)> All(IConfiguration configuration) => From(configuration).Select(url => ("--urls, ASPNETCORE_URLS", url))
        .Concat(configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => ($"{endpoint.Path}:Url", endpoint["Url"] ?? "")).Where(each => each.Item2.Length > 0));

    private static string[] Split(string? value) =>
        (value ?? "").Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
