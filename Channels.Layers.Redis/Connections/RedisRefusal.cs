using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// A server that answers but refuses a command, for lack of memory or replicas, or to this user. The
/// connection is as good as ever, so work that runs behind it waits and tries again instead of having it replaced.
/// </summary>
/// <param name="settings">The layer's settings.</param>
/// <param name="host">The host, for the log.</param>
internal sealed partial class RedisRefusal(RedisLinkSettings settings, string host)
{
    // These say that the server is no longer the one to talk to.
    private static readonly string[] Moved = ["READONLY", "UNBLOCKED", "MASTERDOWN"];
    private readonly Episode _refusals = new(settings.Time);
    private readonly Episode _failures = new(settings.Time);

    /// <summary>Whether the error is the server's answer to a command, and another command may fare better.</summary>
    public static bool Is(Exception error) => (error is ChannelLayerUnavailableException { InnerException: { } cause } ? cause : error) is (RedisServerException or RespErrorException) and { Message: var words }
        && !Moved.Any(word => words.StartsWith(word, StringComparison.Ordinal));

    /// <summary>Waits until it is worth trying again; reports, once per episode, that the server refused or what else was in the way.</summary>
    public async Task WaitAsync(Exception error, CancellationToken cancellationToken)
    {
        var isRefusal = Is(error);
        if (isRefusal && _refusals.Begins())
        {
            Log.Refused(settings.Logger, settings.Alias, host, HeaderText.Clause((error.InnerException ?? error).Message));
        }

        await Task.Delay(settings.Options.PingInterval, settings.Time, cancellationToken);
        if (!isRefusal && _failures.Begins())
        {
            Log.Failed(settings.Logger, settings.Alias, host, HeaderText.Escape(error.Message)); // behind the wait, which a lost connection ends: that is reported as such
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5006, LogLevel.Warning, "Layer '{Alias}': Redis host {Host} answers but refuses what the layer has to do there: {Reason}. It is tried again; further refusals are silent until a minute passes without one.")]
        public static partial void Refused(ILogger logger, string alias, string host, string reason);

        [LoggerMessage(5007, LogLevel.Warning, "Layer '{Alias}': what the layer has to do on Redis host {Host} is not done yet: {Reason} It is tried again; further failures are silent until a minute passes without one.")]
        public static partial void Failed(ILogger logger, string alias, string host, string reason);
    }
}
