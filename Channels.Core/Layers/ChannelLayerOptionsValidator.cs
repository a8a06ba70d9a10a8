namespace Channels.Extending;

/// <summary>
/// Checks the limits that every layer has; messages name the option and what it must be. Constructors of layers call
/// it; for registered layers it runs when the host starts.
/// </summary>
public static class ChannelLayerOptionsValidator
{
    private static readonly TimeSpan LongestExpiry = TimeSpan.FromDays(365);
    private static readonly TimeSpan LongestGroupExpiry = TimeSpan.FromDays(3653);

    /// <summary>What is wrong with the options, one sentence each; empty when nothing is.</summary>
    /// <param name="alias">The layer's alias.</param>
    /// <param name="options">The options.</param>
    public static IReadOnlyList<string> Check(string alias, ChannelLayerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var section = ChannelLayerAliases.Section(alias);
        var errors = new List<string>();
        if (options.Capacity < 1)
        {
            errors.Add($"{section}:Capacity must be at least 1, but is {options.Capacity}.");
        }

        if (options is InMemoryLayerOptions { MaxChannelBytes: < 65_536 and var bytes })
        {
            errors.Add($"{section}:{nameof(InMemoryLayerOptions.MaxChannelBytes)} must be at least 65536, but is {bytes}.");
        }

        CheckTime(errors, $"{section}:Expiry", options.Expiry, LongestExpiry);
        CheckTime(errors, $"{section}:GroupExpiry", options.GroupExpiry, LongestGroupExpiry);
        for (var i = 0; i < options.ChannelCapacity.Count; i++)
        {
            CheckRule(errors, $"{section}:ChannelCapacity:{i}", options.ChannelCapacity[i]);
        }

        return errors;
    }

    /// <summary>Throws when the options are not valid.</summary>
    /// <param name="alias">The layer's alias.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">They are not; the message says why.</exception>
    public static void ThrowIfInvalid(string alias, ChannelLayerOptions options)
    {
        var errors = Check(alias, options);
        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', errors), nameof(options));
        }
    }

    private static void CheckTime(List<string> errors, string option, TimeSpan time, TimeSpan longest)
    {
        if (time <= TimeSpan.Zero || time > longest)
        {
            errors.Add($"{option} must be longer than zero and at most {longest.TotalDays:0} days, but is {time}.");
        }
    }

    private static void CheckRule(List<string> errors, string option, ChannelCapacityRule rule)
    {
        if (rule.Capacity < 1)
        {
            errors.Add($"{option}:Capacity must be at least 1, but is {rule.Capacity}.");
        }

        try
        {
            ChannelCapacities.Compile(rule);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            errors.Add($"{option} has no usable pattern: {error.Message}");
        }
    }
}
