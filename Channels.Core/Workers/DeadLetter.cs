namespace Channels.Extending;

/// <summary>A message that a worker gave up on.</summary>
/// <param name="Id">Identifies the letter within its store.</param>
/// <param name="Channel">The channel it was taken from.</param>
/// <param name="Message">The message.</param>
/// <param name="Error">The last error's type and text; a store keeps the first 2,000 characters.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="FailedAt">When the last attempt failed.</param>
public sealed record DeadLetter(string Id, string Channel, ChannelMessage Message, string Error, int Attempts, DateTimeOffset FailedAt)
{
    /// <summary>The alias of the layer it was taken from. Default <c>default</c>.</summary>
    public string Layer { get; init; } = ChannelLayerAliases.Default;

    /// <summary>Whether it came from the layer's job queue, where it goes again when it is replayed. Default false.</summary>
    public bool Acknowledged { get; init; }

    /// <summary>
    /// Whether <see cref="Message"/> is only the beginning of what failed, because it was larger than
    /// <see cref="DeadLetterOptions.MaxBodyBytes"/>; such a letter cannot be sent again. Default false.
    /// </summary>
    public bool IsCut { get; init; }
}
