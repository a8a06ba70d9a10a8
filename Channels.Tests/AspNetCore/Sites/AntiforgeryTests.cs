using System.Net;
using Channels.AspNetCore;
using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.AspNetCore;

/// <summary>Forms of a site that stands beside applications, or that applications are mounted in.</summary>
public sealed class AntiforgeryTests
{
    [Test]
    public async Task A_form_of_a_site_beside_applications_is_taken_with_its_token_alone()
    {
        await using var server = await LiveServer.StartAsync(new ProtocolTypeRouter
        {
            ["websocket"] = new UrlRouter { { "ws", Consumer.Of<Silent>() } },
            ["http"] = AspNetCoreSite.Create(web => AddServices(web.Services), Map),
        });
        await ExpectProtectionAsync(server.Http);
    }

    [Test]
    public async Task And_so_is_one_of_a_site_with_applications_in_it()
    {
        await using var site = await WebSite.StartAsync(
            app =>
            {
                Map(app);
                app.MapChannels("/ws", Consumer.Of<Silent>());
            },
            builder => AddServices(builder.Services));
        await ExpectProtectionAsync(site.Client);
    }

    private static void AddServices(IServiceCollection services)
    {
        Accounts.AddLogins(services);
        services.AddAntiforgery();
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
    }

    private static void Map(WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.MapPost("/login", (HttpContext context, string name) => context.SignInAsync(Accounts.Person(name))).DisableAntiforgery();
        app.MapGet("/form", (HttpContext context, IAntiforgery antiforgery) =>
        {
            var tokens = antiforgery.GetAndStoreTokens(context);
            return $"{tokens.FormFieldName}={tokens.RequestToken}";
        });
        app.MapPost("/form", ([FromForm] string text) => $"took {text}");
    }

    private static async Task ExpectProtectionAsync(HttpClient client)
    {
        var ann = await LoginAsync("ann");
        var (field, cookie) = await FormAsync(ann);
        Assert.That(await PostAsync(field, $"{ann}; {cookie}"), Is.EqualTo((HttpStatusCode.OK, "took hello")));
        Assert.That((await PostAsync(field, ann)).Status, Is.EqualTo(HttpStatusCode.BadRequest), "without its cookie");
        Assert.That((await PostAsync(null, $"{ann}; {cookie}")).Status, Is.EqualTo(HttpStatusCode.BadRequest), "without the field, as another site would post it");
        Assert.That((await PostAsync(field, $"{await LoginAsync("bob")}; {cookie}")).Status, Is.EqualTo(HttpStatusCode.BadRequest), "somebody else's");

        async Task<string> LoginAsync(string name)
        {
            using var answer = await client.PostAsync($"/login?name={name}", null);
            return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        }

        async Task<(string Field, string Cookie)> FormAsync(string login)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/form") { Headers = { { "Cookie", login } } };
            using var answer = await client.SendAsync(request);
            return (await answer.Content.ReadAsStringAsync(), answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        }

        async Task<(HttpStatusCode Status, string Text)> PostAsync(string? token, string cookies)
        {
            Dictionary<string, string> fields = new() { ["text"] = "hello" };
            if (token?.Split('=', 2) is [var name, var value])
            {
                fields[name] = value;
            }

            using var request = new HttpRequestMessage(HttpMethod.Post, "/form") { Content = new FormUrlEncodedContent(fields), Headers = { { "Cookie", cookies } } };
            using var answer = await client.SendAsync(request);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
    }

    private sealed class Silent : WebSocketConsumer;
}
