using Microsoft.EntityFrameworkCore;

namespace SocketRouter;

/// <summary>The articles, in SQLite.</summary>
public sealed class ArticlesDb(DbContextOptions<ArticlesDb> options) : DbContext(options)
{
    /// <summary>All articles.</summary>
    public DbSet<Article> Articles => Set<Article>();
}
