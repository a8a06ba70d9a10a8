using System.Net;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Asks sentinels for the master at every connection, and from time to time whether it still is: the client library's own
/// following of a master takes far longer to leave one that is frozen. Whether the answer is really a master is checked on connecting.
/// </summary>
internal static class SentinelResolver
{
    /// <summary>The master that the first sentinel to answer names.</summary>
    /// <exception cref="IOException">No sentinel answers, or none knows the master.</exception>
    public static async Task<EndPoint> FindMasterAsync(RedisHostAddress address, RedisLinkSettings settings, CancellationToken cancellationToken)
    {
        List<Exception> errors = [];
        foreach (var sentinel in address.Sentinels)
        {
            try
            {
                return await AskAsync(sentinel, address.MasterName!, settings, cancellationToken); // only called for sentinel entries
            }
            catch (Exception e) when (RedisFailure.IsOfConnecting(e))
            {
                errors.Add(e);
            }
        }

        throw new IOException($"no sentinel knows a master '{address.MasterName}'; check the sentinels and the name.", new AggregateException(errors));
    }

    private static async Task<EndPoint> AskAsync(ConfigurationOptions sentinel, string master, RedisLinkSettings settings, CancellationToken cancellationToken)
    {
        var multiplexer = await ClientConnection.ConnectAsync(sentinel.Clone(), settings, cancellationToken);
        try
        {
            // Not through Execute: it would send SELECT first, which a sentinel does not know.
            var asking = multiplexer.GetServer(multiplexer.GetEndPoints()[0]).SentinelGetMasterAddressByNameAsync(master);
            return await asking.WaitAsync(settings.Options.CommandTimeout, settings.Time, cancellationToken)
                ?? throw new IOException($"the sentinel does not know a master '{master}'.");
        }
        finally
        {
            await multiplexer.CloseAsync(allowCommandsToComplete: false);
            await multiplexer.DisposeAsync();
        }
    }
}
