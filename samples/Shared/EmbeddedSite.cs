using System.Reflection;
using Channels;
using Microsoft.Extensions.FileProviders;

namespace Samples;

/// <summary>The files of a page that are part of the assembly.</summary>
internal static class EmbeddedSite
{
    // No script, style or request from anywhere but here; no frame around the page. 'self' covers the WebSocket, 'data:'
    // pictures that came through it.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>The files of the project's folder <c>wwwroot</c>.</summary>
    public static StaticFiles Of(Assembly assembly) => new(new EmbeddedFileProvider(assembly, $"{assembly.GetName().Name}.wwwroot"))
    {
        DefaultDocument = null,
        Headers = new HeaderList { { "content-security-policy", ContentSecurityPolicy }, { "referrer-policy", "no-referrer" } },
    };
}
