using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Channels.Layers.Redis;

/// <summary>Prints the settings that must be equal in all processes, since a mismatch shows up as silence only. Never a key or password.</summary>
internal static partial class RedisStartLog
{
    public static void Core(RedisLayerParts parts)
    {
        var options = parts.Options;
        Log.Core(
            parts.Logger, parts.Alias, Show(parts.Addresses), options.Prefix, (long)options.Expiry.TotalSeconds, (long)options.GroupExpiry.TotalSeconds, options.Capacity,
            options.ChannelCapacity.Count, options.SymmetricEncryptionKeys.Count, options.RandomPrefixLength, options.SerializerFormat);
    }

    public static void PubSub(RedisLayerParts parts) => Log.PubSub(
        parts.Logger, parts.Alias, Show(parts.Addresses), parts.Options.Prefix, parts.Options.SymmetricEncryptionKeys.Count, parts.Options.SerializerFormat);

    private static string Show(RedisHostAddress[] addresses) =>
        string.Join(", ", addresses.Select((address, index) => string.Create(CultureInfo.InvariantCulture, $"{index}={address.Display}")));

    private static partial class Log
    {
        [LoggerMessage(5030, LogLevel.Information, "Layer '{Alias}' (Redis, core layout): hosts {Hosts}; prefix '{Prefix}', expiry {Expiry} s, group_expiry {GroupExpiry} s, capacity {Capacity}, {Rules} channel_capacity rules, {Keys} encryption keys, random_prefix_length {RandomPrefixLength}, serializer_format {Format}. Peers in other processes need the same.")]
        public static partial void Core(ILogger logger, string alias, string hosts, string prefix, long expiry, long groupExpiry, int capacity, int rules, int keys, int randomPrefixLength, string format);

        [LoggerMessage(5031, LogLevel.Information, "Layer '{Alias}' (Redis, pub/sub layout): hosts {Hosts}; prefix '{Prefix}', {Keys} encryption keys, serializer_format {Format}. Peers in other processes need the same.")]
        public static partial void PubSub(ILogger logger, string alias, string hosts, string prefix, int keys, string format);
    }
}
