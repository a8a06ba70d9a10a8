using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;

namespace SocketRouter;

/// <summary>Makes the table before anybody is served. Several processes that share a file may start together.</summary>
internal sealed class ArticlesSetup(IDbContextFactory<ArticlesDb> database) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var db = await database.CreateDbContextAsync(cancellationToken);
        await db.Database.ExecuteSqlRawAsync(
            """
            CREATE TABLE IF NOT EXISTS "Articles" (
                "Id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "Key" TEXT NOT NULL UNIQUE, "Title" TEXT NOT NULL, "Text" TEXT NOT NULL)
            """, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
