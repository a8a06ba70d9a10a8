using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;

namespace Channels.Kestrel;

/// <summary>Our defaults for Kestrel, then what the section <c>Kestrel</c> says.</summary>
internal static class KestrelDefaults
{
    private const string BodyLimit = "Limits:MaxRequestBodySize";

    // What Kestrel reads of a connection or stream while nobody takes it: a mebibyte by its own defaults, in no budget.
    private const int UnreadBytes = 128 * 1024;
    private const int UnreadConnectionBytes = 2 * UnreadBytes;

    public static void Apply(KestrelServerOptions options, ChannelsServerOptions server, IConfigurationSection section)
    {
        if (section[BodyLimit] is not null)
        {
            throw new InvalidOperationException($"'{section.Path}:{BodyLimit}' has no effect here; set 'Channels:Server:MaxRequestBodyBytes' instead.");
        }

        options.AddServerHeader = false;
        options.AllowAlternateSchemes = server.TrustedProxies.Count > 0; // of them alone: EndpointApplication
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10); // a stalled handshake is cut here
        options.Limits.MaxRequestBufferSize = UnreadBytes;
        options.Limits.Http2.InitialConnectionWindowSize = UnreadConnectionBytes;
        options.Limits.Http2.InitialStreamWindowSize = UnreadBytes;
        section.GetSection("Limits").Bind(options.Limits); // Configure reads endpoints only
        options.Configure(section, reloadOnChange: true);
    }
}
