using System.Globalization;
using Channels;
using Channels.SocketRouter;
using Microsoft.EntityFrameworkCore;

namespace SocketRouter;

/// <summary>
/// <c>/ws/NAME/</c>: the articles. News of them are published to the topic <c>articles</c>, and those of one article to
/// <c>article.ID</c>, whose members are its readers.
/// </summary>
[SocketRouter(typeof(ArticlesJson))]
internal sealed partial class ArticlesConsumer(IDbContextFactory<ArticlesDb> database) : SocketRouterConsumer
{
    private const int Newest = 100;
    private const int LongestName = 30;
    private const string Articles = "articles";
    private const string OneArticle = "article.";

    // Anybody may say who they are; a site would take the user who is logged in, which is the default.
    protected override string? UserKey => Route["user"];

    protected override ValueTask<bool> MayConnectAsync() => new(Route["user"].Length <= LongestName);

    protected override ValueTask<bool> MayJoinAsync(string topic, SocketRequest request) =>
        new(topic == Articles || (topic.StartsWith(OneArticle, StringComparison.Ordinal) && int.TryParse(topic.AsSpan(OneArticle.Length), NumberStyles.None, CultureInfo.InvariantCulture, out _)));

    [SocketRoute]
    public async Task<IReadOnlyList<ArticleTitle>> OnListArticles(CancellationToken cancellationToken)
    {
        await using var db = await database.CreateDbContextAsync(cancellationToken);
        return await db.Articles.OrderByDescending(article => article.Id).Take(Newest)
            .Select(article => new ArticleTitle(article.Id, article.Title)).ToListAsync(cancellationToken);
    }

    [SocketRoute(Hydrate = nameof(FindAsync), Dehydrate = nameof(Show))]
    public SocketReply<Article> OnGetArticle(Article? article) => article is null ? new SocketReply(404) : article;

    [SocketRoute(DataCheck = nameof(Complaints), Dehydrate = nameof(Show))]
    public async Task<SocketReply<Article>> OnCreateArticle(NewArticle payload, CancellationToken cancellationToken)
    {
        await using var db = await database.CreateDbContextAsync(cancellationToken);
        if (await db.Articles.SingleOrDefaultAsync(article => article.Key == payload.Key, cancellationToken) is { } known)
        {
            return known; // the page did not hear of it before its connection broke
        }

        var article = new Article { Key = payload.Key, Title = payload.Title.Trim(), Text = payload.Text };
        db.Add(article);
        await db.SaveChangesAsync(cancellationToken);
        await PublishAsync(Articles, "created", new ArticleTitle(article.Id, article.Title));
        return new(article, 201);
    }

    [SocketRoute(DataCheck = nameof(HasTextLength), Hydrate = nameof(FindChangedAsync), Dehydrate = nameof(Show))]
    public async Task<SocketReply<Article>> OnChangeArticle(ChangeArticle payload, Article? article, CancellationToken cancellationToken)
    {
        if (article is null)
        {
            return new SocketReply(404);
        }

        await using var db = await database.CreateDbContextAsync(cancellationToken);
        db.Attach(article).Entity.Text = payload.Text;
        await db.SaveChangesAsync(cancellationToken);
        await PublishAsync($"{OneArticle}{article.Id}", "changed", Show(article));
        return article;
    }

    private static IReadOnlyDictionary<string, string>? Complaints(NewArticle payload)
    {
        var wrong = new Dictionary<string, string>();
        Check("key", payload.Key, 1, Article.LongestKey);
        Check("title", payload.Title.Trim(), 1, Article.LongestTitle);
        Check("text", payload.Text, 0, Article.LongestText);
        return wrong.Count == 0 ? null : wrong;

        void Check(string field, string text, int least, int most)
        {
            if (text.Length < least || text.Length > most)
            {
                wrong[field] = least == 0 ? $"at most {most} characters" : $"{least} to {most} characters";
            }
        }
    }

    private static bool HasTextLength(ChangeArticle payload) => payload.Text.Length <= Article.LongestText;

    private Task<Article?> FindAsync(WhichArticle payload, CancellationToken cancellationToken) => LoadAsync(payload.Id, cancellationToken);

    private Task<Article?> FindChangedAsync(ChangeArticle payload, CancellationToken cancellationToken) => LoadAsync(payload.Id, cancellationToken);

    private async Task<Article?> LoadAsync(int id, CancellationToken cancellationToken)
    {
        await using var db = await database.CreateDbContextAsync(cancellationToken);
        return await db.Articles.FindAsync([id], cancellationToken);
    }

    private static ArticleText Show(Article? article) => new(article!.Id, article.Title, article.Text); // called only for what was found
}
