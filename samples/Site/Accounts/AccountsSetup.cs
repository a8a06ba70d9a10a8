using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Site;

/// <summary>Makes the tables before the site serves anybody. Several processes that share a file may start together.</summary>
internal sealed class AccountsSetup(IServiceScopeFactory services) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<AccountsDb>().Database.ExecuteSqlRawAsync(
            """
            CREATE TABLE IF NOT EXISTS "Accounts" ("Name" TEXT NOT NULL PRIMARY KEY, "PasswordHash" TEXT NOT NULL);
            CREATE TABLE IF NOT EXISTS "EndedLogins" ("Id" TEXT NOT NULL PRIMARY KEY, "Until" INTEGER NOT NULL);
            """,
            cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
