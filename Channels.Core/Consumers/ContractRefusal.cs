using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>For who looks why a peer was refused: what a contract, a converter or a constructor threw may be the peer's content or a fault of theirs.</summary>
internal static partial class ContractRefusal
{
    public static void Note(ILogger logger, Consumer consumer, Exception error) => Refused(logger, error, consumer.GetType().Name);

    [LoggerMessage(2005, LogLevel.Debug, "The JSON contract of {Consumer} refused what the peer sent.")]
    private static partial void Refused(ILogger logger, Exception error, string consumer);
}
