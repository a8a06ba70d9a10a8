using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;

namespace Site;

/// <summary>The site, wherever it runs: accounts in a database, a login by cookie, the pages.</summary>
internal static class WholeSite
{
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public static void AddServices(WebApplicationBuilder builder)
    {
        var database = builder.Configuration["database"] ?? Path.Combine(AppContext.BaseDirectory, "site.db");

        // Keys of cookies stand beside the database: processes that share accounts know each other's logins.
        var keys = new DirectoryInfo(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(database))!, "keys"));
        builder.Services.AddDataProtection().SetApplicationName("site").PersistKeysToFileSystem(keys);
        builder.Services.AddDbContext<AccountsDb>(options => options.UseSqlite($"Data Source={database}"));
        builder.Services.AddSingleton<IPasswordHasher<Account>, PasswordHasher<Account>>();
        builder.Services.AddHostedService<AccountsSetup>();
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
        {
            cookie.Cookie.Name = "site";
            cookie.ExpireTimeSpan = Logins.Life;
            cookie.Events.OnValidatePrincipal = Logins.CheckAsync;
        });
        builder.Services.AddAuthorization();
    }

    public static void Map(WebApplication app)
    {
        var files = new EmbeddedFileProvider(typeof(WholeSite).Assembly, "Site.wwwroot");
        app.Use((context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return next(context);
        });
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = files });
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapAccounts();
    }
}
