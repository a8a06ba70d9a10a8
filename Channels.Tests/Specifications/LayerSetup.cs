namespace Channels.Tests.Specifications;

/// <summary>The limits of a layer under test.</summary>
public sealed record LayerSetup
{
    public int Capacity { get; init; } = 100;

    public TimeSpan Expiry { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan GroupExpiry { get; init; } = TimeSpan.FromSeconds(86400);

    public IReadOnlyList<ChannelCapacityRule> ChannelCapacity { get; init; } = [];

    /// <summary>The clock; layers without <see cref="LayerCapabilities.ExactExpiry"/> may ignore it.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Fills in the options of a layer.</summary>
    public TOptions ApplyTo<TOptions>(TOptions options)
        where TOptions : ChannelLayerOptions
    {
        (options.Capacity, options.Expiry, options.GroupExpiry) = (Capacity, Expiry, GroupExpiry);
        foreach (var rule in ChannelCapacity)
        {
            options.ChannelCapacity.Add(rule);
        }

        return options;
    }
}
