using System.Globalization;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// What runs while a host is connected: memberships are written when they are wanted, again when data was lost, and
/// prolonged. Used by one link, so never by two connections at a time.
/// </summary>
internal sealed partial class MembershipKeeper(RedisLayerParts parts, CoreHost host)
{
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(5);
    private readonly string _processKey = parts.Names.ProcessKey(parts.ProcessId);
    private string? _runId;

    /// <summary>How often memberships are prolonged: often enough that none ends while its channel is open.</summary>
    private TimeSpan RefreshPeriod => parts.Options.GroupExpiry / 4;

    /// <summary>Keeps the memberships until the token is cancelled or the connection fails.</summary>
    public async Task RunAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        await WarnAboutClockAsync(connection);
        var missing = await WriteProcessKeyAsync(onlyIfMissing: true, cancellationToken);
        if (missing || _runId != connection.RunId)
        {
            if (_runId is not null)
            {
                Log.DataLost(parts.Logger, parts.Alias); // or another master, which may not have all of it
            }

            host.Memberships.ForgetWritten();
        }

        _runId = connection.RunId;
        var refreshed = parts.Time.GetTimestamp();
        while (true)
        {
            await SettleAsync(cancellationToken);
            await Task.Delay(parts.Options.PingInterval, parts.Time, cancellationToken);
            if (await WriteProcessKeyAsync(onlyIfMissing: true, cancellationToken))
            {
                Log.DataLost(parts.Logger, parts.Alias);
                host.Memberships.ForgetWritten();
            }
            else if (parts.Time.GetElapsedTime(refreshed) >= RefreshPeriod)
            {
                refreshed = parts.Time.GetTimestamp();
                await RefreshAsync(cancellationToken);
            }
        }
    }

    /// <summary>Writes and removes what Redis does not know yet.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var settled = !host.Memberships.HasUnsettled;
        while (!settled)
        {
            settled = true;
            foreach (var (group, channels) in host.Memberships.Where(MembershipState.Joining))
            {
                await host.JoinAsync(CoreScripts.Join, group, channels, cancellationToken);
                settled &= Settle(group, channels, MembershipState.Joining);
            }

            foreach (var (group, channels) in host.Memberships.Where(MembershipState.Leaving))
            {
                await host.RemoveAsync(group, channels, cancellationToken);
                settled &= Settle(group, channels, MembershipState.Leaving);
            }
        }
    }

    private bool Settle(string group, string[] channels, MembershipState done)
    {
        var settled = true;
        foreach (var channel in channels)
        {
            settled &= host.Memberships.Settle(group, channel, done);
        }

        return settled;
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await WriteProcessKeyAsync(onlyIfMissing: false, cancellationToken);
        foreach (var (group, channels) in host.Memberships.Where(MembershipState.Joined))
        {
            await host.JoinAsync(CoreScripts.Refresh, group, channels, cancellationToken);
        }
    }

    /// <summary>Writes the key whose absence shows that data was lost; true when it was missing and has been written.</summary>
    private async Task<bool> WriteProcessKeyAsync(bool onlyIfMissing, CancellationToken cancellationToken) => await host.Link.RunAsync(
        static (database, call) => database.StringSetAsync(call._processKey, "1", call.Life, call.When),
        (_processKey, Life: parts.Options.GroupExpiry, When: onlyIfMissing ? When.NotExists : When.Always), 0, cancellationToken);

    private async Task WarnAboutClockAsync(RedisConnection connection)
    {
        var answer = (string[]?)await connection.Database.ExecuteAsync("TIME");
        var skew = DateTimeOffset.FromUnixTimeSeconds(long.Parse(answer![0], CultureInfo.InvariantCulture)) - parts.Time.GetUtcNow(); // TIME always answers
        if (skew.Duration() > LargestSkew)
        {
            Log.ClockOff(parts.Logger, parts.Alias, skew.TotalSeconds);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5011, LogLevel.Warning, "Layer '{Alias}': Redis lost its data; the memberships of this process' channels are written again.")]
        public static partial void DataLost(ILogger logger, string alias);

        [LoggerMessage(5012, LogLevel.Warning, "Layer '{Alias}': the clock of Redis is {Seconds:0.0} s ahead of this machine's; messages expire and sort by clock, keep both in step (NTP).")]
        public static partial void ClockOff(ILogger logger, string alias, double seconds);
    }
}
