namespace Channels.Kestrel;

/// <summary>What all HTTP exchanges of one server share.</summary>
/// <param name="Options">Limits and ways of the server.</param>
/// <param name="Log">What is logged about requests.</param>
internal sealed record HttpRuntime(ChannelsServerOptions Options, HttpLog Log);
