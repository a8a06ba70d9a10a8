using Microsoft.EntityFrameworkCore;

namespace Site;

/// <summary>The accounts, in SQLite.</summary>
public sealed class AccountsDb(DbContextOptions<AccountsDb> options) : DbContext(options)
{
    /// <summary>All accounts.</summary>
    public DbSet<Account> Accounts => Set<Account>();
}
