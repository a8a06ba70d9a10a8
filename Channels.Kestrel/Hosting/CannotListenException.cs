using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;

namespace Channels.Kestrel;

/// <summary>The server cannot listen where its configuration says, or not with the certificates that are named there.</summary>
internal sealed class CannotListenException(Exception error, IConfiguration configuration) : IOException(Describe(error, configuration), error)
{
    /// <summary>Whether a failure of Kestrel's start tells of its surroundings, and not of a program's mistake.</summary>
    public static bool Explains(Exception error) =>
        error is IOException or SocketException or CryptographicException or UnauthorizedAccessException or InvalidOperationException;

    private static string Describe(Exception error, IConfiguration configuration)
    {
        var reason = $"{error.Message.ReplaceLineEndings(" ").TrimEnd('.')}.";
        var files = configuration.GetSection("Kestrel").AsEnumerable()
            .Where(each => each.Key.EndsWith("Path", StringComparison.OrdinalIgnoreCase) && !string.IsNullOrEmpty(each.Value))
            .Where(each => error is CryptographicException || error.Message.Contains(each.Value!, StringComparison.Ordinal))
            .Select(each => each.Key)
            .ToArray();
        return files.Length > 0 ? $"{string.Join(", ", files)}: {reason}"
            : error is IOException ? reason // of an address in use; Kestrel names it
            : $"Cannot listen on {string.Join(", ", ServerUrls.All(configuration).Select(each => each.Address))}: {reason}";
    }
}
