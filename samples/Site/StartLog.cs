using Microsoft.Extensions.Logging;

namespace Site;

/// <summary>Says what both ways of hosting say, so that scripts need not know which it is.</summary>
internal static partial class StartLog
{
    [LoggerMessage(1, LogLevel.Information, "Listening on {Addresses}")]
    public static partial void Listening(ILogger logger, string addresses);
}
