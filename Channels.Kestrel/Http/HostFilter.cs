using System.Net;

namespace Channels.Kestrel;

/// <summary>
/// Checks the host that a request names: against <see cref="ChannelsServerOptions.AllowedHosts"/>, or, when that is empty,
/// against the names of this machine where it came in through a listener on a loopback address. Such a listener is for this
/// machine alone, and a page whose own name was pointed at 127.0.0.1 (DNS rebinding) must find nobody there. Thread-safe.
/// </summary>
internal sealed class HostFilter(IList<string> allowed)
{
    private static readonly string[] ThisMachine = ["localhost", "127.0.0.1", "[::1]"];

    private readonly HostPattern[] _patterns = [.. allowed.Where(entry => entry != "*").Select(Parse)];
    private readonly bool _isConfigured = allowed.Count > 0;
    private readonly bool _allowsAll = allowed.Contains("*");

    /// <summary>
    /// The ports of listeners that other machines reach too; null when listeners are somebody else's business, and hosts are
    /// checked against the list only.
    /// </summary>
    public IReadOnlySet<int>? OpenPorts { get; set; }

    /// <summary>Whether a request may be served.</summary>
    /// <param name="hosts">How many hosts it names.</param>
    /// <param name="host">The host it names, or that a trusted proxy has told; null for none.</param>
    /// <param name="local">Where it came in; no IP endpoint for a unix socket.</param>
    public bool Allows(int hosts, string? host, EndPoint? local) => _isConfigured
        ? _allowsAll || (hosts == 1 && host is not null && IsListed(host))
        : !IsForThisMachineOnly(local) || hosts == 0 || (hosts == 1 && host is not null && IsThisMachine(host)); // browsers always name one

    private bool IsListed(string host)
    {
        if (!OriginAddress.TrySplit(host, out var name, out var port) || port < 0)
        {
            return false;
        }

        foreach (var pattern in _patterns)
        {
            if (pattern.Matches(name))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsForThisMachineOnly(EndPoint? local) =>
        OpenPorts is { } open && local is IPEndPoint point && IPAddress.IsLoopback(point.Address) && !open.Contains(point.Port);

    // Every request passes here in the commonest set-up, so nothing is allocated.
    private static bool IsThisMachine(string host)
    {
        foreach (var name in ThisMachine)
        {
            if (host.StartsWith(name, StringComparison.OrdinalIgnoreCase) && IsPortOrNothing(host.AsSpan(name.Length)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPortOrNothing(ReadOnlySpan<char> tail) => tail.IsEmpty || (tail[0] == ':' && !tail[1..].ContainsAnyExceptInRange('0', '9'));

    private static HostPattern Parse(string entry) => HostPattern.TryParse(entry, out var pattern)
        ? pattern
        : throw new ArgumentException($"'{HeaderText.Escape(entry)}' in AllowedHosts is no host.");
}
