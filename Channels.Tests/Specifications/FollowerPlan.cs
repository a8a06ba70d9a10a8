namespace Channels.Tests.Specifications;

/// <summary>What a <see cref="HandlingFollower"/> does, and what it learns.</summary>
public sealed class FollowerPlan
{
    /// <summary>What it joins.</summary>
    public string Group { get; init; } = "room";

    /// <summary>Where it joins.</summary>
    public HistoryPosition? Since { get; set; }

    /// <summary>What joining gave.</summary>
    public TaskCompletionSource<HistoryJoin> Joined { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The handler of the first message waits for it; null for not at all.</summary>
    public Task? Gate { get; init; }

    /// <summary>The consumer's channel.</summary>
    public string? Channel { get; set; }
}
