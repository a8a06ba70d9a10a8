namespace Channels;

/// <summary>One channel that this process reads.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Application">What handles its messages; null for the host's root application.</param>
/// <param name="Configure">Changes the options after configuration was read, or null.</param>
internal sealed record ChannelWorkerRegistration(string Channel, Application? Application, Action<ChannelWorkerOptions>? Configure);
