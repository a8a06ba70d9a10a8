namespace Channels.Routing;

/// <summary>What a pattern took from the path.</summary>
/// <param name="Names">Names of the captures.</param>
/// <param name="Values">Their converted values, in the same order.</param>
/// <param name="Arguments">Positional captures.</param>
/// <param name="End">Where the unconsumed rest of the path begins.</param>
internal readonly record struct PatternMatch(string[] Names, object?[] Values, string[] Arguments, int End);
