using System.Globalization;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>Scores as Redis reads them: invariant, shortest round-trip form.</summary>
internal static class ScoreText
{
    public static RedisValue Of(double score) => score.ToString("R", CultureInfo.InvariantCulture);
}
