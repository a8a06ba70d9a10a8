using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// A server-side script. The client library sends it by its hash, and its text in front of the first use on a connection, so
/// that messages that are under way together keep their order.
/// </summary>
internal sealed class RedisScript(string text)
{
    /// <summary>Runs the script on a link's host.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host is away, too slow, or refused.</exception>
    public ValueTask<RedisResult> RunAsync(RedisLink link, RedisKey[] keys, RedisValue[] arguments, int bytes, CancellationToken cancellationToken) =>
        link.RunAsync(static (database, call) => call.Script.EvaluateAsync(database, call.Keys, call.Arguments, call.Flags), (Script: this, Keys: keys, Arguments: arguments, link.Flags), bytes, cancellationToken);

    public async Task<RedisResult> EvaluateAsync(IDatabase database, RedisKey[] keys, RedisValue[] arguments, CommandFlags flags = CommandFlags.None)
    {
        try
        {
            return await database.ScriptEvaluateAsync(text, keys, arguments, flags);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            return await database.ScriptEvaluateAsync(text, keys, arguments, flags | CommandFlags.NoScriptCache); // flushed again while the client sent it anew
        }
    }
}
