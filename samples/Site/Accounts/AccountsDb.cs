using Microsoft.EntityFrameworkCore;

namespace Site;

/// <summary>The accounts and their ended logins, in SQLite.</summary>
public sealed class AccountsDb(DbContextOptions<AccountsDb> options) : DbContext(options)
{
    /// <summary>All accounts.</summary>
    public DbSet<Account> Accounts => Set<Account>();

    /// <summary>Logins that were ended before their time.</summary>
    public DbSet<EndedLogin> EndedLogins => Set<EndedLogin>();
}
