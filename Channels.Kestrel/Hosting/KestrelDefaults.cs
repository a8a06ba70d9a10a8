using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;

namespace Channels.Kestrel;

/// <summary>Our defaults for Kestrel, then what the section <c>Kestrel</c> says.</summary>
internal static class KestrelDefaults
{
    private const string BodyLimit = "Limits:MaxRequestBodySize";

    public static void Apply(KestrelServerOptions options, ChannelsServerOptions server, IConfigurationSection section)
    {
        if (section[BodyLimit] is not null)
        {
            throw new InvalidOperationException($"'{section.Path}:{BodyLimit}' has no effect here; set 'Channels:Server:MaxRequestBodyBytes' instead.");
        }

        options.AddServerHeader = false;
        options.AllowAlternateSchemes = server.TrustedProxies.Count > 0; // of them alone: EndpointApplication
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10); // a stalled handshake is cut here
        section.GetSection("Limits").Bind(options.Limits); // Configure reads endpoints only
        options.Configure(section, reloadOnChange: true);
    }
}
