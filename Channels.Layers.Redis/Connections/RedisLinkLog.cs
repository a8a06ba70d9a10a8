using Microsoft.Extensions.Logging;

namespace Channels.Layers.Redis;

/// <summary>What links report.</summary>
internal static partial class RedisLinkLog
{
    [LoggerMessage(EventId = 5001, Message = "Layer '{Alias}': connected to Redis host {Host} for {Role}.")]
    public static partial void Connected(ILogger logger, LogLevel level, string alias, string host, RedisLinkRole role);

    [LoggerMessage(EventId = 5002, Message = "Layer '{Alias}': lost Redis host {Host} for {Role}: {Reason}. Reconnecting; until a connection lasts, further losses are logged at debug level.")]
    public static partial void Lost(ILogger logger, LogLevel level, string alias, string host, RedisLinkRole role, string reason);

    [LoggerMessage(EventId = 5003, Message = "Layer '{Alias}': cannot connect to Redis host {Host} for {Role}: {Reason}. Further attempts that fail are logged at debug level.")]
    public static partial void Failed(ILogger logger, LogLevel level, string alias, string host, RedisLinkRole role, string reason);

    [LoggerMessage(5005, LogLevel.Debug, "Layer '{Alias}': no sentinel tells the master of Redis host {Host}: {Reason}")]
    public static partial void SentinelsSilent(ILogger logger, string alias, string host, string reason);

    [LoggerMessage(5004, LogLevel.Critical, "Layer '{Alias}': Redis host {Host} cannot be used: {Reason}")]
    public static partial void Refused(ILogger logger, string alias, string host, string reason);
}
