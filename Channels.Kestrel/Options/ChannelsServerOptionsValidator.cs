using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Channels.Kestrel;

/// <summary>Checks <see cref="ChannelsServerOptions"/> at start; each complaint names the key and what would be right.</summary>
internal sealed class ChannelsServerOptionsValidator(IOptions<HostOptions> host) : IValidateOptions<ChannelsServerOptions>
{
    private const string Section = "Channels:Server";

    public ValidateOptionsResult Validate(string? name, ChannelsServerOptions options)
    {
        var faults = new List<string>();
        AtLeast(options.MaxRequestBodyBytes, 0, nameof(options.MaxRequestBodyBytes), "bytes, or 0 for no limit");
        AtLeast(options.MaxRequestPartBytes, 1, nameof(options.MaxRequestPartBytes), "bytes");
        AtLeast(options.MaxWebSockets, 0, nameof(options.MaxWebSockets), "sockets, or 0 for no limit");
        AtLeast(options.MaxWebSocketsPerAddress, 0, nameof(options.MaxWebSocketsPerAddress), "sockets, or 0 for no limit");
        AtLeast(options.MaxHandshakesPerSecondPerAddress, 0, nameof(options.MaxHandshakesPerSecondPerAddress), "handshakes a second, or 0 for no limit");
        AtLeast(options.DrainBatch, 1, nameof(options.DrainBatch), "sockets");
        NotNegative(options.RequestTimeout, nameof(options.RequestTimeout), "00:00:30, or 0 for no limit");
        NotNegative(options.ApplicationCloseTimeout, nameof(options.ApplicationCloseTimeout), "00:00:10, or 0 for no limit");
        NotNegative(options.RetryAfter, nameof(options.RetryAfter), "00:00:05, or 0 for no such header");
        NotNegative(options.ReadinessGrace, nameof(options.ReadinessGrace), "00:00:05, or 0 for none");
        NotNegative(options.DrainWindow, nameof(options.DrainWindow), "00:00:05, or 0 to close all at once");
        if (options.DrainWindow + options.ReadinessGrace >= host.Value.ShutdownTimeout && options.DrainWindow + options.ReadinessGrace > TimeSpan.Zero)
        {
            faults.Add($"{Section}:DrainWindow ({options.DrainWindow}) and ReadinessGrace ({options.ReadinessGrace}) together must be shorter than the host's ShutdownTimeout ({host.Value.ShutdownTimeout}): shorten them, or raise HostOptions.ShutdownTimeout.");
        }

        if (options.ShutdownCloseCode is not (1001 or 1012))
        {
            faults.Add($"{Section}:ShutdownCloseCode is {options.ShutdownCloseCode}: use 1012 (service restart) or 1001 (going away).");
        }

        if (options.RootPath.Length > 0 && (options.RootPath[0] != '/' || options.RootPath[^1] == '/'))
        {
            faults.Add($"{Section}:RootPath is '{options.RootPath}': leave it empty, or begin with a slash and end without one, as in '/chat'.");
        }

        if (!HeaderText.IsValue(options.ServerHeader))
        {
            faults.Add($"{Section}:ServerHeader holds a control character: use visible text.");
        }

        if (!Enum.IsDefined(options.HealthAccess))
        {
            faults.Add($"{Section}:HealthAccess is {options.HealthAccess}: use Loopback or Any.");
        }

        foreach (var proxy in options.TrustedProxies)
        {
            if (proxy != ForwardedHeaders.UnixPeer && !IPAddress.TryParse(proxy, out _) && !IPNetwork.TryParse(proxy, out _))
            {
                faults.Add($"{Section}:TrustedProxies holds '{HeaderText.Escape(proxy)}': give an address such as 10.0.0.7, a network such as 10.0.0.0/8, or '{ForwardedHeaders.UnixPeer}'.");
            }
        }

        foreach (var allowed in options.AllowedHosts)
        {
            if (!HostFilter.IsPattern(allowed))
            {
                faults.Add($"{Section}:AllowedHosts holds '{HeaderText.Escape(allowed)}': give a host name without port, such as example.com, .example.com, *.example.com or *.");
            }
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void AtLeast(long value, long least, string key, string unit)
        {
            if (value < least)
            {
                faults.Add($"{Section}:{key} is {value}: it must be at least {least} {unit}.");
            }
        }

        void NotNegative(TimeSpan value, string key, string example)
        {
            if (value < TimeSpan.Zero || value.TotalMilliseconds > int.MaxValue)
            {
                faults.Add($"{Section}:{key} is {value}: it must be a time from 0 to 24 days, such as {example}.");
            }
        }
    }
}
