namespace Channels.Generators;

/// <summary>One stage of a route.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Call">The call as source text; the names in it are those that <see cref="RoutesWriter"/> declares.</param>
/// <param name="IsAwaited">Whether it returns a task of its result.</param>
/// <param name="Result">The full type of its result, or of the payload or items in it; empty for none.</param>
/// <param name="NamesFields">Whether a data check returns the wrong fields.</param>
internal sealed record StageModel(string Method, string Call, bool IsAwaited, string Result, bool NamesFields = false);
