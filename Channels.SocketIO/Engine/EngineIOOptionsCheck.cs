namespace Channels.SocketIO;

/// <summary>What cannot be among the options of Engine.IO.</summary>
internal static class EngineIOOptionsCheck
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Throws when the options are not valid.</summary>
    /// <exception cref="ArgumentException">They are not; the message says why.</exception>
    public static void ThrowIfInvalid(EngineIOOptions options)
    {
        var complaints = Check(options).ToList();
        if (complaints.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', complaints), nameof(options));
        }
    }

    private static IEnumerable<string> Check(EngineIOOptions options) =>
    [
        .. Time(nameof(options.PingInterval), options.PingInterval),
        .. Time(nameof(options.PingTimeout), options.PingTimeout),
        .. Time(nameof(options.UpgradeTimeout), options.UpgradeTimeout),
        .. Time(nameof(options.CloseTimeout), options.CloseTimeout),
        .. AtLeast(nameof(options.MaxPayload), options.MaxPayload, 1, "byte"),
        .. AtLeast(nameof(options.MaxSessions), options.MaxSessions, 0, "sessions, or 0 for no limit"),
        .. AtLeast(nameof(options.MaxInboundMessageCount), options.MaxInboundMessageCount, 1, "message"),
        .. AtLeast(nameof(options.MaxInboundBytes), options.MaxInboundBytes, 1, "byte"),
        .. AtLeast(nameof(options.MaxOutboundMessageCount), options.MaxOutboundMessageCount, 1, "message"),
        .. AtLeast(nameof(options.MaxOutboundBytes), options.MaxOutboundBytes, 1, "byte"),
        .. AtLeast(nameof(options.CompressionMinBytes), options.CompressionMinBytes, 0, "bytes"),
        .. Rules(options),
    ];

    private static IEnumerable<string> Rules(EngineIOOptions options)
    {
        if (!options.AllowPolling && !options.AllowWebSocket)
        {
            yield return $"{nameof(options.AllowPolling)} and {nameof(options.AllowWebSocket)} are both false: nobody could connect.";
        }

        if (options.AllowedOrigins.Any(string.IsNullOrWhiteSpace))
        {
            yield return $"{nameof(options.AllowedOrigins)} holds an empty entry: give an origin such as https://example.com, a host, or '*'.";
        }

        if (options.AllowCredentials && options.AllowedOrigins.Contains("*"))
        {
            yield return $"{nameof(options.AllowCredentials)} is set while {nameof(options.AllowedOrigins)} holds '*': every page of the world could act in its visitors' names; list the origins.";
        }

        if (options.Cookie is { } cookie)
        {
            if (!HeaderText.IsToken(cookie.Name))
            {
                yield return $"Cookie.{nameof(cookie.Name)} is '{HeaderText.Escape(cookie.Name)}': use letters, digits and '-' or '_'.";
            }

            if (cookie.Path is not ['/', ..] || !HeaderText.IsValue(cookie.Path) || cookie.Path.Contains(';', StringComparison.Ordinal))
            {
                yield return $"Cookie.{nameof(cookie.Path)} is '{HeaderText.Escape(cookie.Path)}': begin with a slash, without ';'.";
            }

            if (cookie.SameSite is not ("Strict" or "Lax" or "None") || cookie is { SameSite: "None", Secure: false })
            {
                yield return $"Cookie.{nameof(cookie.SameSite)} is '{HeaderText.Escape(cookie.SameSite)}': use Strict, Lax, or None together with Secure.";
            }
        }
    }

    private static IEnumerable<string> Time(string name, TimeSpan time) =>
        time < Shortest || time > Longest ? [$"{name} is {time}: it must be a time from 10 ms to an hour."] : [];

    private static IEnumerable<string> AtLeast(string name, long value, long least, string unit) =>
        value < least ? [$"{name} is {value}: it must be at least {least} {unit}."] : [];
}
