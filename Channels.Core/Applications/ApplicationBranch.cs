namespace Channels.Extending;

/// <summary>An application inside another one.</summary>
/// <param name="Label">What leads to it: a protocol, a path template, a channel name; empty for middleware.</param>
/// <param name="Application">The application.</param>
public sealed record ApplicationBranch(string Label, Application Application);
