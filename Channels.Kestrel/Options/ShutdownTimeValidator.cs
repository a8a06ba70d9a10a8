using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Channels.Kestrel;

/// <summary>Checks that what the server takes at a stop fits into the time that the host has for it.</summary>
internal sealed class ShutdownTimeValidator(IOptions<HostOptions> host) : IValidateOptions<ChannelsServerOptions>
{
    public ValidateOptionsResult Validate(string? name, ChannelsServerOptions options)
    {
        var taken = options.DrainWindow + options.ReadinessGrace;
        return taken <= TimeSpan.Zero || taken < host.Value.ShutdownTimeout
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Channels:Server:DrainWindow ({options.DrainWindow}) and ReadinessGrace ({options.ReadinessGrace}) together must be shorter than the host's ShutdownTimeout ({host.Value.ShutdownTimeout}): shorten them, or raise HostOptions.ShutdownTimeout.");
    }
}
