using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>What runs while a host is connected: memberships are written when they are wanted, again when data was lost, and prolonged.</summary>
internal sealed partial class CoreHost
{
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(5);
    private string? _runId;

    /// <summary>How often memberships are prolonged: often enough that none ends while its channel is open.</summary>
    private TimeSpan RefreshPeriod => _settings.Options.GroupExpiry / 4;

    private async Task KeepMembershipsAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        await WarnAboutClockAsync(connection);
        var missing = await WriteProcessKeyAsync(onlyIfMissing: true, cancellationToken);
        if (missing || _runId != connection.RunId)
        {
            if (_runId is not null)
            {
                Log.DataLost(_settings.Link.Logger, _settings.Link.Alias); // or another master, which may not have all of it
            }

            Memberships.ForgetWritten();
        }

        _runId = connection.RunId;
        var refreshed = _settings.Link.Time.GetTimestamp();
        while (true)
        {
            await SettleAsync(cancellationToken);
            await Task.Delay(_settings.Options.PingInterval, _settings.Link.Time, cancellationToken);
            if (await WriteProcessKeyAsync(onlyIfMissing: true, cancellationToken))
            {
                Log.DataLost(_settings.Link.Logger, _settings.Link.Alias);
                Memberships.ForgetWritten();
            }
            else if (_settings.Link.Time.GetElapsedTime(refreshed) >= RefreshPeriod)
            {
                refreshed = _settings.Link.Time.GetTimestamp();
                await RefreshAsync(cancellationToken);
            }
        }
    }

    /// <summary>Writes and removes what Redis does not know yet.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var settled = !Memberships.HasUnsettled;
        while (!settled)
        {
            settled = true;
            foreach (var (group, channels) in Memberships.Where(MembershipState.Joining))
            {
                await JoinAsync(CoreScripts.Join, group, channels, cancellationToken);
                settled &= Settle(group, channels, MembershipState.Joining);
            }

            foreach (var (group, channels) in Memberships.Where(MembershipState.Leaving))
            {
                await RemoveAsync(group, channels, cancellationToken);
                settled &= Settle(group, channels, MembershipState.Leaving);
            }
        }
    }

    private bool Settle(string group, string[] channels, MembershipState done)
    {
        var settled = true;
        foreach (var channel in channels)
        {
            settled &= Memberships.Settle(group, channel, done);
        }

        return settled;
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await WriteProcessKeyAsync(onlyIfMissing: false, cancellationToken);
        foreach (var (group, channels) in Memberships.Where(MembershipState.Joined))
        {
            await JoinAsync(CoreScripts.Refresh, group, channels, cancellationToken);
        }
    }

    /// <summary>Writes the key whose absence shows that data was lost; true when it was missing and has been written.</summary>
    private async Task<bool> WriteProcessKeyAsync(bool onlyIfMissing, CancellationToken cancellationToken) => await Link.RunAsync(
        static (database, call) => database.StringSetAsync(call._processKey, "1", call.Life, call.When),
        (_processKey, Life: _settings.Options.GroupExpiry, When: onlyIfMissing ? When.NotExists : When.Always), 0, cancellationToken);

    private async Task WarnAboutClockAsync(RedisConnection connection)
    {
        var answer = (string[]?)await connection.Database.ExecuteAsync("TIME");
        var skew = DateTimeOffset.FromUnixTimeSeconds(long.Parse(answer![0], System.Globalization.CultureInfo.InvariantCulture)) - _settings.Link.Time.GetUtcNow(); // TIME always answers
        if (skew.Duration() > LargestSkew)
        {
            Log.ClockOff(_settings.Link.Logger, _settings.Link.Alias, skew.TotalSeconds);
        }
    }
}
