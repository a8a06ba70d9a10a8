using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>Deletes this layout's keys of one host, and no others: in steps, without blocking the server.</summary>
internal static class CoreFlush
{
    private const int StepSize = 1000;

    public static async Task RunAsync(RedisLink link, WireNames names, CancellationToken cancellationToken)
    {
        var pattern = WireNames.StartsWithPattern(names.Prefix);
        var cursor = "0";
        do
        {
            var answer = (RedisResult[])(await link.RunAsync(
                static (database, call) => database.ExecuteAsync("SCAN", call.cursor, "MATCH", call.pattern, "COUNT", StepSize), (cursor, pattern), 0, cancellationToken))!; // SCAN always answers cursor and keys
            cursor = (string)answer[0]!;
            var keys = ((string[])answer[1]!).Where(names.IsOwnShape).Select(key => (object)(RedisKey)key).ToArray();
            if (keys.Length > 0)
            {
                await link.RunAsync(static (database, call) => database.ExecuteAsync("UNLINK", call), keys, 0, cancellationToken);
            }
        }
        while (cursor != "0");
    }
}
