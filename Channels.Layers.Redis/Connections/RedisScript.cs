using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// A server-side script, sent by its hash; a server that does not know it (any more) gets the text, once. The client's
/// own script cache is not used: after SCRIPT FLUSH it fails one asynchronous call.
/// </summary>
internal sealed class RedisScript
{
    private readonly string _text;
    private readonly byte[] _hash;

    [SuppressMessage("Security", "CA5350", Justification = "Redis names scripts by SHA-1; nothing is protected by it.")]
    public RedisScript(string text)
    {
        _text = text;
        _hash = SHA1.HashData(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Runs the script on a link's host.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host is away, too slow, or refused.</exception>
    public ValueTask<RedisResult> RunAsync(RedisLink link, RedisKey[] keys, RedisValue[] arguments, int bytes, CancellationToken cancellationToken) =>
        link.RunAsync(static (database, call) => call.Script.EvaluateAsync(database, call.Keys, call.Arguments), (Script: this, Keys: keys, Arguments: arguments), bytes, cancellationToken);

    // What a server does not know yet is sent anew right where the client hears of it, one after another on its one
    // thread: messages that are under way together keep their order.
    private async Task<RedisResult> EvaluateAsync(IDatabase database, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            return await database.ScriptEvaluateAsync(_hash, keys, arguments);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            return await database.ExecuteAsync("EVAL", ToCommand(keys, arguments));
        }
    }

    private object[] ToCommand(RedisKey[] keys, RedisValue[] arguments)
    {
        var command = new object[2 + keys.Length + arguments.Length];
        (command[0], command[1]) = (_text, keys.Length);
        for (var i = 0; i < keys.Length; i++)
        {
            command[2 + i] = keys[i];
        }

        for (var i = 0; i < arguments.Length; i++)
        {
            command[2 + keys.Length + i] = arguments[i];
        }

        return command;
    }
}
