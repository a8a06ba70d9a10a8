using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Site;

/// <summary>Logins by cookie that a logout really ends, in the browser and wherever else the cookie has got to.</summary>
internal static class Logins
{
    /// <summary>How long a login lasts that is not used.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(8);

    private const string Id = "login";

    public static Task BeginAsync(HttpContext context, string name)
    {
        Claim[] claims = [new(ClaimTypes.NameIdentifier, name), new(ClaimTypes.Name, name), new(Id, RandomNumberGenerator.GetHexString(32))];
        return context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity(claims, CookieAuthenticationDefaults.AuthenticationScheme)));
    }

    public static async Task EndAsync(HttpContext context, AccountsDb db)
    {
        if (context.User.FindFirstValue(Id) is { } id)
        {
            var now = DateTimeOffset.UtcNow;
            var (nowSeconds, until) = (now.ToUnixTimeSeconds(), (now + Life).ToUnixTimeSeconds()); // no copy of the cookie lasts longer
            await db.EndedLogins.Where(ended => ended.Until < nowSeconds).ExecuteDeleteAsync();
            await db.Database.ExecuteSqlAsync($"""INSERT OR IGNORE INTO "EndedLogins" ("Id", "Until") VALUES ({id}, {until})""");
        }

        await context.SignOutAsync();
    }

    /// <summary>Asked at each request, at each handshake, and from time to time for each open socket.</summary>
    public static async Task CheckAsync(CookieValidatePrincipalContext context)
    {
        var db = context.HttpContext.RequestServices.GetRequiredService<AccountsDb>();
        if (context.Principal?.FindFirstValue(Id) is not { } id || await db.EndedLogins.AnyAsync(ended => ended.Id == id))
        {
            context.RejectPrincipal();
        }
    }
}
