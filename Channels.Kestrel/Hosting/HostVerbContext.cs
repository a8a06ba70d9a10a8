namespace Channels.Kestrel;

/// <summary>What a <see cref="HostVerb"/> works with.</summary>
/// <param name="Host">The host; not started yet.</param>
/// <param name="Arguments">The words behind the verb; <c>--name value</c> pairs have become configuration and are not among them.</param>
/// <param name="Output">Where results are written.</param>
/// <param name="Error">Where complaints are written.</param>
public sealed record HostVerbContext(ChannelsHost Host, IReadOnlyList<string> Arguments, TextWriter Output, TextWriter Error);
