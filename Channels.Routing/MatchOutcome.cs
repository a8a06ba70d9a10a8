namespace Channels.Routing;

/// <summary>How a comparison of a path with a pattern ended.</summary>
internal enum MatchOutcome
{
    /// <summary>The path is another one.</summary>
    NoMatch,

    /// <summary>The pattern matches.</summary>
    Match,

    /// <summary>A backtracking regular expression gave up; the peer gets 400.</summary>
    TimedOut,
}
