using System.ComponentModel.DataAnnotations;

namespace SocketRouter;

/// <summary>An article, as it is stored.</summary>
public sealed class Article
{
    /// <summary>Its number.</summary>
    public int Id { get; init; }

    /// <summary>What the page called it before it had a number: a page that is not sure whether it got through sends it again.</summary>
    [MaxLength(LongestKey)]
    public required string Key { get; init; }

    /// <summary>The title.</summary>
    [MaxLength(LongestTitle)]
    public required string Title { get; set; }

    /// <summary>The text.</summary>
    [MaxLength(LongestText)]
    public required string Text { get; set; }

    internal const int LongestKey = 64;
    internal const int LongestTitle = 100;
    internal const int LongestText = 10_000;
}
