using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Which run of a server answers: a new one means that it was restarted or is another server, and may not have all data. Asked
/// within a script, because the client library lets only administrators ask directly.
/// </summary>
internal static class ServerRun
{
    private const string Field = "run_id:";
    private static readonly RedisScript Info = new("return redis.call('INFO', 'server')");

    public static Task<string> IdOfAsync(IDatabase database) => ParseAsync(Info.EvaluateAsync(database, [], []));

    private static async Task<string> ParseAsync(Task<RedisResult> info) =>
        ((string?)await info ?? "").Split('\n', StringSplitOptions.TrimEntries).FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal))?[Field.Length..] ?? "";
}
