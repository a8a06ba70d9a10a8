namespace Channels;

/// <summary>One job that repeats.</summary>
/// <param name="Name">What it is called in its channel.</param>
/// <param name="Channel">The channel whose queue it goes to.</param>
/// <param name="Job">What to do.</param>
/// <param name="Period">How often.</param>
/// <param name="Layer">The alias of the layer that the queue goes with.</param>
internal sealed record PeriodicJobRegistration(string Name, string Channel, ChannelMessage Job, JobPeriod Period, string Layer);
