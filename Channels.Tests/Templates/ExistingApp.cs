using System.Xml.Linq;
using Channels.Tests.Support;

namespace Channels.Tests.Templates;

/// <summary>Somebody's app of minimal APIs and SignalR that gains a socket, and its tests.</summary>
internal static class ExistingApp
{
    /// <summary>What is added; every line begins with the number of the line of the app that it stands behind.</summary>
    public static IReadOnlyList<(int Behind, string Text)> Added { get; } =
    [
        (1, "using Channels;"),
        (1, "using Channels.AspNetCore;"),
        (4, "builder.Services.AddChannels();"),
        (7, "app.MapChannels(\"/ws/echo\", Consumer.Of<Echo>());"),
        (13, "public sealed class Echo : WebSocketConsumer { protected override ValueTask OnTextAsync(string text) => SendTextAsync(text); }"),
    ];

    private const string Program = """
        using Microsoft.AspNetCore.SignalR;

        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddSignalR();
        var app = builder.Build();
        app.MapGet("/", () => "an ordinary page");
        app.MapHub<Greeter>("/hub");
        app.Run();

        public sealed class Greeter : Hub
        {
            public string Greet(string name) => $"Hello, {name}";
        }
        """;

    private const string Tests = """
        using System.Net.WebSockets;
        using System.Text;
        using Microsoft.AspNetCore.Mvc.Testing;
        using NUnit.Framework;

        public sealed class ExistingTests
        {
            [Test]
            public async Task In_the_test_server()
            {
                await using var app = new WebApplicationFactory<Program>();
                using var client = app.CreateClient();
                await ExpectSiteAsync(client);
                using var socket = await app.Server.CreateWebSocketClient().ConnectAsync(new Uri("ws://localhost/ws/echo"), default);
                await ExpectEchoAsync(socket);
            }

            [Test]
            public async Task On_kestrel()
            {
                await using var app = new WebApplicationFactory<Program>();
                app.UseKestrel(0);
                app.StartServer();
                using var client = app.CreateClient();
                await ExpectSiteAsync(client);
                using var socket = new ClientWebSocket();
                await socket.ConnectAsync(new UriBuilder(client.BaseAddress!) { Scheme = "ws", Path = "/ws/echo" }.Uri, default);
                await ExpectEchoAsync(socket);
            }

            private static async Task ExpectSiteAsync(HttpClient client)
            {
                Assert.That(await client.GetStringAsync("/"), Is.EqualTo("an ordinary page"));
                using var negotiated = await client.PostAsync("/hub/negotiate?negotiateVersion=1", null);
                Assert.That(await negotiated.Content.ReadAsStringAsync(), Does.Contain("WebSockets"));
            }

            private static async Task ExpectEchoAsync(WebSocket socket)
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, true, default);
                var buffer = new byte[100];
                var answer = await socket.ReceiveAsync(buffer, default);
                Assert.That(Encoding.UTF8.GetString(buffer, 0, answer.Count), Is.EqualTo("hello"));
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
            }
        }
        """;

    /// <summary>Writes the app with what was added, and its tests.</summary>
    /// <param name="folder">Where the packages are.</param>
    /// <returns>The projects.</returns>
    public static async Task<string[]> WriteAsync(TemplateFolder folder)
    {
        var lines = Program.Split('\n');
        var text = lines.SelectMany((line, index) => Added.Where(added => added.Behind == index + 1).Select(added => added.Text).Prepend(line));
        await WriteAsync("Existing", "Microsoft.NET.Sdk.Web", string.Join('\n', text), ["Channels.AspNetCore"], "");
        await WriteAsync("Existing.Tests", "Microsoft.NET.Sdk", Tests, ["Microsoft.AspNetCore.Mvc.Testing", "Microsoft.NET.Test.Sdk", "NUnit", "NUnit3TestAdapter"], "<ProjectReference Include=\"../Existing/Existing.csproj\" />");
        return ["Existing/Existing.csproj", "Existing.Tests/Existing.Tests.csproj"];

        async Task WriteAsync(string name, string sdk, string code, string[] packages, string references)
        {
            Directory.CreateDirectory(folder.PathOf(name));
            await File.WriteAllTextAsync(folder.PathOf(name, "Code.cs"), code);
            await File.WriteAllTextAsync(folder.PathOf(name, $"{name}.csproj"), $"""
                <Project Sdk="{sdk}">
                  <PropertyGroup><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
                  <ItemGroup>{string.Concat(packages.Select(package => $"<PackageReference Include=\"{package}\" Version=\"{VersionOf(package)}\" />"))}{references}</ItemGroup>
                </Project>
                """);
        }
    }

    private static string VersionOf(string package) => package.StartsWith("Channels.", StringComparison.Ordinal) ? TemplateFolder.Version
        : XDocument.Load(Repository.PathOf("Directory.Packages.props")).Descendants("PackageVersion").Single(line => line.Attribute("Include")!.Value == package).Attribute("Version")!.Value; // every line has both
}
