using System.Text.Json.Serialization;

namespace SocketRouter;

/// <summary>An article in the list.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Title">Its title.</param>
internal sealed record ArticleTitle(int Id, string Title);

/// <summary>An article with its text.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Title">Its title.</param>
/// <param name="Text">Its text.</param>
internal sealed record ArticleText(int Id, string Title, string Text);

/// <summary>Which article.</summary>
/// <param name="Id">Its number.</param>
internal sealed record WhichArticle(int Id);

/// <summary>A new article.</summary>
/// <param name="Key">What its page calls it: sent twice, it is written once.</param>
/// <param name="Title">Its title.</param>
/// <param name="Text">Its text.</param>
internal sealed record NewArticle(string Key, string Title, string Text);

/// <summary>A new text for an article.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Text">Its text.</param>
internal sealed record ChangeArticle(int Id, string Text);

/// <summary>The JSON of the articles.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(IReadOnlyList<ArticleTitle>))]
[JsonSerializable(typeof(ArticleText))]
[JsonSerializable(typeof(WhichArticle))]
[JsonSerializable(typeof(NewArticle))]
[JsonSerializable(typeof(ChangeArticle))]
internal sealed partial class ArticlesJson : JsonSerializerContext;
