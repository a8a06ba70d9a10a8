using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Channels.Kestrel;

/// <summary>
/// Checks the addresses to listen on before anything starts: Kestrel would name neither the address nor what is right, and take a
/// port that is no number for a part of a name, which stands for all of the machine's addresses.
/// </summary>
internal sealed class ListenAddressValidator(IConfiguration configuration) : IValidateOptions<ChannelsServerOptions>
{
    private const string Right = "write http://HOST:PORT, https://HOST:PORT or http://unix:/PATH, with a port from 0 to 65535 and nothing behind it";

    public ValidateOptionsResult Validate(string? name, ChannelsServerOptions options)
    {
        var faults = ServerUrls.All(configuration).Select(each => Fault(each.Key, each.Address)).OfType<string>().ToArray();
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static string? Fault(string key, string address)
    {
        if (!IsUsable(address))
        {
            return $"'{address}' ({key}) is no address to listen on: {Right}.";
        }

        return UnixSockets.In([address]).FirstOrDefault() is { } path && Path.GetDirectoryName(path) is { } folder && !Directory.Exists(folder)
            ? $"There is no directory '{folder}' for the unix socket '{path}' ({key}): make it, or choose another one."
            : null;
    }

    private static bool IsUsable(string address)
    {
        try
        {
            var parsed = BindingAddress.Parse(address);
            return parsed.Scheme.ToLowerInvariant() is "http" or "https" && parsed.PathBase.Length == 0
                && (parsed.IsUnixPipe || parsed.IsNamedPipe || (parsed.Port is >= 0 and <= IPEndPoint.MaxPort && (parsed.Host is ['[', .., ']'] || !parsed.Host.Contains(':', StringComparison.Ordinal))));
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
