using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels;

/// <summary>
/// Lets in WebSockets whose origin is one of the site's own hosts and refuses the others with 403, in place of the
/// server's own rule (the origin must be the request's host) for everything below it: <c>AllowedHosts.Wrap(app)</c>.
/// </summary>
/// <remarks>
/// <para>Hosts are written as for <see cref="OriginValidator"/>; <c>*.example.com</c> means the subdomains only, as in
/// ASP.NET Core. When none are given they are read, once at start, from the configuration key
/// <see cref="ConfigurationKey"/>: a list, or one text with semicolons or commas. When that is absent too, they are <c>localhost</c>,
/// <c>127.0.0.1</c> and <c>[::1]</c> in development; elsewhere the start fails.</para>
/// <para><c>*</c> given in code allows any origin. In configuration it says that the server may be reached by any host
/// name (project templates come with it), so there the origin must still be the host of the request.</para>
/// </remarks>
public static class AllowedHosts
{
    /// <summary>The configuration key that holds the hosts when none are given.</summary>
    public const string ConfigurationKey = "AllowedHosts";

    /// <summary>Puts the check around an application; a missing origin is refused.</summary>
    /// <param name="inner">The application inside.</param>
    /// <param name="hosts">The hosts; none to read them from configuration.</param>
    /// <exception cref="ArgumentNullException">An argument or a host is null.</exception>
    public static ApplicationMiddleware Wrap(Application inner, params string[] hosts) => Wrap(inner, MissingOrigin.Refuse, hosts);

    /// <summary>Puts the check around an application.</summary>
    /// <param name="inner">The application inside.</param>
    /// <param name="missing">What happens without an <c>Origin</c> header.</param>
    /// <param name="hosts">The hosts; none to read them from configuration.</param>
    /// <exception cref="ArgumentNullException">An argument or a host is null.</exception>
    public static ApplicationMiddleware Wrap(Application inner, MissingOrigin missing, params string[] hosts)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        if (hosts.Length == 0)
        {
            return new OriginMiddleware(inner, nameof(AllowedHosts), services => Read(services, missing));
        }

        var policy = OriginPolicy.AnyOf(hosts, missing, starIsSubdomains: true);
        return new OriginMiddleware(inner, nameof(AllowedHosts), _ => policy);
    }

    private static OriginPolicy Read(IServiceProvider services, MissingOrigin missing)
    {
        var hosts = services.GetService<IConfiguration>() is { } configuration ? OptionsReader.ReadList(configuration, ConfigurationKey) : [];
        if (hosts.Length == 0)
        {
            hosts = services.GetService<IHostEnvironment>()?.IsDevelopment() == true
                ? ["localhost", "127.0.0.1", "[::1]"]
                : throw new InvalidOperationException($"no hosts are known; pass them to AllowedHosts.Wrap, or set the configuration key '{ConfigurationKey}', for example to \"example.com;*.example.com\"");
        }

        // The other entries are read all the same, for the warning about those that can never match.
        var listed = OriginPolicy.AnyOf(hosts, missing, starIsSubdomains: true);
        return hosts.Contains("*") ? OriginPolicy.SameHost(missing) with { Useless = listed.Useless } : listed;
    }
}
