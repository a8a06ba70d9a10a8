using System.Security.Claims;
using System.Text.RegularExpressions;
using Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace Site;

/// <summary>Registration, login and logout.</summary>
internal static partial class AccountEndpoints
{
    public static void MapAccounts(this IEndpointRouteBuilder app)
    {
        // Forms of other sites are refused by their origin, so that scripts need no token first.
        var accounts = app.MapGroup("/account").AddEndpointFilter(RefuseForeignPagesAsync).DisableAntiforgery().DisableCookieRedirect();
        accounts.MapPost("/register", RegisterAsync);
        accounts.MapPost("/login", LoginAsync);
        accounts.MapPost("/logout", LogoutAsync);
        accounts.MapGet("/me", (ClaimsPrincipal user) => new { name = user.Identity!.Name }).RequireAuthorization();
    }

    // Who registers again with the right password is let in, as after a login.
    private static async Task<IResult> RegisterAsync(HttpContext context, AccountsDb db, IPasswordHasher<Account> hasher, [FromForm] string name, [FromForm] string password)
    {
        if (name.Length > Account.LongestName || !Name().IsMatch(name) || password.Length == 0)
        {
            return Results.Problem($"A name has 1 to {Account.LongestName} letters, digits and -._@+' with single spaces between them, and a password is not empty.", statusCode: 400);
        }

        var account = new Account { Name = name, PasswordHash = "" };
        account.PasswordHash = hasher.HashPassword(account, password);
        var isNew = await db.Database.ExecuteSqlAsync($"""INSERT OR IGNORE INTO "Accounts" ("Name", "PasswordHash") VALUES ({name}, {account.PasswordHash})""", context.RequestAborted) == 1;
        return isNew || await FindAsync(db, hasher, name, password) is not null
            ? await SignInAsync(context, name)
            : Results.Problem("The name is taken.", statusCode: 409);
    }

    private static async Task<IResult> LoginAsync(HttpContext context, AccountsDb db, IPasswordHasher<Account> hasher, [FromForm] string name, [FromForm] string password) =>
        await FindAsync(db, hasher, name, password) is { } account ? await SignInAsync(context, account.Name) : Results.Problem("Name or password is wrong.", statusCode: 401);

    // Every socket of the user is closed, those of other windows and other machines included. The login is ended first: a socket that
    // is just being opened is asked about once more when it can be reached.
    private static async Task<IResult> LogoutAsync(HttpContext context, AccountsDb db, Users users)
    {
        await Logins.EndAsync(context, db);
        if (context.User.Identity is { IsAuthenticated: true, Name: { } name })
        {
            try
            {
                await users.DisconnectAsync(name, reason: "logged out");
            }
            catch (ChannelLayerUnavailableException)
            {
                // Sockets that could not be told end when their login is asked for again.
            }
        }

        return Results.NoContent();
    }

    private static async Task<Account?> FindAsync(AccountsDb db, IPasswordHasher<Account> hasher, string name, string password)
    {
        var account = await db.Accounts.AsNoTracking().SingleOrDefaultAsync(account => account.Name == name);

        // A name that nobody has takes as long as a wrong password.
        var known = account ?? new Account { Name = name, PasswordHash = hasher.HashPassword(new Account { Name = name, PasswordHash = "" }, "nobody's") };
        return hasher.VerifyHashedPassword(known, known.PasswordHash, password) == PasswordVerificationResult.Failed ? null : account;
    }

    private static async Task<IResult> SignInAsync(HttpContext context, string name)
    {
        await Logins.BeginAsync(context, name);
        return Results.Ok(new { name });
    }

    private static ValueTask<object?> RefuseForeignPagesAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var request = context.HttpContext.Request;
        var isOwn = request.Headers.Origin.All(origin => origin == $"http://{request.Host}" || origin == $"https://{request.Host}"); // scripts send none
        return !isOwn ? new(Results.Problem("Forms of other sites are not taken.", statusCode: 403)) : next(context);
    }

    [GeneratedRegex(@"^[\p{L}\p{M}\p{Nd}._@+'-]+( [\p{L}\p{M}\p{Nd}._@+'-]+)*\z")]
    private static partial Regex Name();
}
