using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using Channels.AspNetCore;
using Channels.Tests.AspNetCore;
using Channels.Tests.Support;

namespace Channels.Tests.Interop;

/// <summary>Somebody logs in at a Django site in another process, which gives out a token for the socket.</summary>
public sealed class DjangoLoginTests
{
    [Test]
    public async Task A_token_that_a_django_site_gives_out_opens_a_socket_here()
    {
        var python = ExternalTools.Require("python3-channels");
        using var django = Process.Start(new ProcessStartInfo(python, [Repository.PathOf("Channels.Tests", "Interop", "python", "token_site.py"), Accounts.Secret])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!; // null only for shell execution
        try
        {
            var port = await django.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Patience);
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            await using var server = await Accounts.StartAsync(options: new AuthOptions { Schemes = ["Bearer"], TokenSubprotocolPrefix = "bearer." });
            Assert.That((await LoginAsync(http, "wrong")).Status, Is.EqualTo(HttpStatusCode.Unauthorized));

            var (_, token) = await LoginAsync(http, "secret");
            using var socket = await Accounts.OpenAsync(server, "/members", null, "chat", $"bearer.{token}");
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo("ann|True||chat"));
            Assert.That(() => Accounts.OpenAsync(server, "/members", null, "chat", $"bearer.{token[..^4]}AAAA"), Throws.TypeOf<WebSocketException>());
        }
        finally
        {
            django.Kill();
            await django.WaitForExitAsync();
        }
    }

    private static async Task<(HttpStatusCode Status, string Text)> LoginAsync(HttpClient http, string password)
    {
        using var form = new FormUrlEncodedContent([new("name", "ann"), new("password", password)]);
        using var answer = await http.PostAsync("/login", form);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
