namespace Channels.Routing;

/// <summary>What a route compares the path with. Immutable after construction; safe from any thread.</summary>
internal abstract class PathPattern
{
    /// <summary>The pattern as the author wrote it, without leading slashes.</summary>
    public abstract string Template { get; }

    /// <summary>Equal for patterns that match the same paths, whatever their placeholders are called.</summary>
    public abstract string Shape { get; }

    /// <summary>The literal segments that every matching path begins with; the index is made of them.</summary>
    public abstract IReadOnlyList<string> LiteralPrefix { get; }

    /// <summary>Compares the path from <paramref name="start"/> on.</summary>
    /// <param name="path">The path.</param>
    /// <param name="start">Where the unconsumed rest begins, behind its leading slashes.</param>
    /// <param name="asPrefix">Whether text may follow the match.</param>
    /// <param name="match">What was found.</param>
    public abstract bool TryMatch(string path, int start, bool asPrefix, out PatternMatch match);
}
