using System.Net;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>Which server of an entry of the host list a connection goes to: the master that the sentinels name, or the first of its servers that can be used.</summary>
internal static class RedisServerChoice
{
    /// <exception cref="RedisException">No server answered as it should.</exception>
    /// <exception cref="TimeoutException">The time for connecting is over.</exception>
    /// <exception cref="IOException">None of its servers, or sentinels, can be used.</exception>
    public static async Task<TConnection> OpenAsync<TConnection>(
        RedisHostAddress address, RedisLinkSettings settings, Func<EndPoint, CancellationToken, Task<TConnection>> open, CancellationToken cancellationToken)
    {
        if (address.MasterName is not null)
        {
            return await open(await SentinelResolver.FindMasterAsync(address, settings, cancellationToken), cancellationToken);
        }

        if (address.Servers is [var only])
        {
            return await open(only, cancellationToken);
        }

        List<string> failures = [];
        foreach (var server in address.Servers)
        {
            try
            {
                return await open(server, cancellationToken);
            }
            catch (Exception e) when (RedisFailure.IsOfConnecting(e))
            {
                failures.Add($"{RedisEndPoint.Show(server)}: {RedisFailure.Describe(e)}");
            }
        }

        throw new IOException($"none of its servers can be used ({string.Join("; ", failures)})");
    }
}
