using Microsoft.Extensions.Options;

namespace Channels.Layers.Redis;

/// <summary>Refuses settings that cannot work, by name, before the first connection.</summary>
internal sealed class RedisLayerOptionsValidator : IValidateOptions<RedisLayerOptions>
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <exception cref="ArgumentException">The options are not valid.</exception>
    public static void ThrowIfInvalid(string alias, RedisLayerOptions options)
    {
        ChannelLayerOptionsValidator.ThrowIfInvalid(alias, options);
        var result = new RedisLayerOptionsValidator().Validate(alias, options);
        if (result.Failed)
        {
            throw new ArgumentException(result.FailureMessage, nameof(options));
        }
    }

    public ValidateOptionsResult Validate(string? name, RedisLayerOptions options)
    {
        List<string> errors = [];
        void Check(bool ok, string error)
        {
            if (!ok)
            {
                errors.Add($"Redis layer '{name}': {error}");
            }
        }

        foreach (var host in options.Hosts)
        {
            if (!RedisHostAddress.TryParse(host, out _, out var error))
            {
                Check(false, error);
            }
        }

        Check(options.Prefix is not null && !options.Prefix.AsSpan().ContainsAnyExceptInRange('!', '~'), "Prefix must be visible ASCII characters; it may be empty.");
        Check(!options.ShardedPubSub || HasWholeTag(options.Prefix), "Prefix may hold a brace with ShardedPubSub only as a whole hash tag, '{tag}': groups and their histories must be in one slot.");
        Check(IsWholeSeconds(options.Expiry), "Expiry must be whole seconds, at least 1; Python peers cannot use fractions.");
        Check(IsWholeSeconds(options.GroupExpiry), "GroupExpiry must be whole seconds, at least 1; Python peers cannot use fractions.");
        Check(options.RandomPrefixLength is >= 0 and <= 255, "RandomPrefixLength must be 0 to 255.");
        Check(WireSerializers.Find(options) is not null, $"SerializerFormat '{options.SerializerFormat}' is unknown; known are: {string.Join(", ", WireSerializers.FormatsOf(options))}.");
        Check(options.SymmetricEncryptionKeys.All(key => !string.IsNullOrEmpty(key)), "SymmetricEncryptionKeys holds an empty key.");
        Check(options.MaxMessageBytes >= 1024, "MaxMessageBytes must be at least 1024.");
        Check(options.CommandTimeout > TimeSpan.Zero && options.CommandTimeout <= Longest, "CommandTimeout must be longer than zero and at most 5 minutes.");
        Check(options.ConnectTimeout > TimeSpan.Zero && options.ConnectTimeout <= Longest, "ConnectTimeout must be longer than zero and at most 5 minutes.");
        Check(options.PingInterval >= TimeSpan.FromSeconds(0.5) && options.PingInterval <= Longest, "PingInterval must be half a second to 5 minutes.");
        Check(options.MaxPendingCommands >= 1, "MaxPendingCommands must be at least 1.");
        Check(options.MaxPendingBytes >= options.MaxMessageBytes, "MaxPendingBytes must be at least MaxMessageBytes.");
        Check(options.MaxUnconfirmedSends >= 0, "MaxUnconfirmedSends must be at least 0.");
        Check(options.OnDisconnect is not "" && options.OnReconnect is not "", "OnDisconnect and OnReconnect must be a message type or null, not empty.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static bool HasWholeTag(string? prefix) =>
        prefix?.IndexOf('{', StringComparison.Ordinal) is not { } open || open < 0 || prefix.IndexOf('}', open) > open + 1;

    private static bool IsWholeSeconds(TimeSpan value) => value >= TimeSpan.FromSeconds(1) && value.Ticks % TimeSpan.TicksPerSecond == 0;
}
