using System.Text.Json;
using Channels.Tests.EndToEnd;
using Channels.Tests.SocketRouter.Client;
using Channels.Tests.Support;

namespace Channels.Tests.SocketRouter.Samples;

/// <summary>The sample of articles, over its socket and with two browsers, and restarted under them.</summary>
public sealed class ArticlesTests
{
    [Test]
    public async Task Articles_are_listed_read_written_once_and_changed_and_outlive_the_server()
    {
        using var folder = new TestFolder();
        await using (var server = await StartAsync(folder))
        {
            using var socket = await JsonSocket.ConnectAsync(server.WebSocketUrl("/ws/ann/"));
            await AssertAsync(socket, "listArticles", "null", 200, "[]");
            await AssertAsync(socket, "getArticle", """{"id":1}""", 404, "null");
            await AssertAsync(socket, "createArticle", """{"key":"k1","title":" First ","text":"Its text."}""", 201, """{"id":1,"title":"First","text":"Its text."}""");
            await AssertAsync(socket, "createArticle", """{"key":"k1","title":"First","text":"Its text."}""", 200, """{"id":1,"title":"First","text":"Its text."}""");
            await AssertAsync(socket, "createArticle", """{"key":"k2","title":" ","text":""}""", 400, """{"error":"CallError.InvalidData","fields":{"title":"1 to 100 characters"}}""");
            await AssertAsync(socket, "createArticle", $$"""{"key":"k2","title":"Second","text":"{{new string('x', 10_001)}}"}""", 400, """{"error":"CallError.InvalidData","fields":{"text":"at most 10000 characters"}}""");
            await AssertAsync(socket, "createArticle", """{"title":"Second","text":""}""", 400, """{"error":"CallError.InvalidData"}""");
            await AssertAsync(socket, "changeArticle", """{"id":1,"text":"Another text."}""", 200, """{"id":1,"title":"First","text":"Another text."}""");
            await AssertAsync(socket, "changeArticle", """{"id":9,"text":"Another text."}""", 404, "null");
            await AssertAsync(socket, "$join", """{"topic":"secrets"}""", 403, """{"error":"CallError.AccessDenied"}""");
        }

        await using var again = await StartAsync(folder);
        using var other = await JsonSocket.ConnectAsync(again.WebSocketUrl("/ws/bob/"));
        await AssertAsync(other, "listArticles", "null", 200, """[{"id":1,"title":"First"}]""");
        await AssertAsync(other, "getArticle", """{"id":1}""", 200, """{"id":1,"title":"First","text":"Another text."}""");
    }

    [Test]
    public async Task Two_browsers_see_what_the_other_writes_and_who_reads_over_a_restart()
    {
        ExternalTools.Require("npm:playwright-core");
        using var folder = new TestFolder();
        var address = $"http://127.0.0.1:{FreePort.Next()}";
        await using var first = await StartAsync(folder, "--urls", address);
        await using var script = new NodeScript("articles.js", ExternalTools.Require("chromium"), address);
        await script.ExpectLineAsync("stop");
        Assert.That(await first.TerminateAsync(), Is.Zero, first.Output);
        await script.SendLineAsync("stopped");
        await script.ExpectLineAsync("start");
        await using var second = await StartAsync(folder, "--urls", address);
        await script.SendLineAsync("started");
        await script.ExpectEndAsync();
    }

    [Test]
    public async Task The_page_has_the_client_that_the_sources_make()
    {
        await ClientPackage.BuildAsync();

        Assert.That(
            await File.ReadAllTextAsync(Repository.PathOf("samples", "SocketRouter", "wwwroot", "client.js")),
            Is.EqualTo(await File.ReadAllTextAsync(ClientPackage.PathOf("dist", "esm", "index.js"))),
            "copy Channels.SocketRouter/client/dist/esm/index.js to samples/SocketRouter/wwwroot/client.js");
    }

    private static Task<SampleProcess> StartAsync(TestFolder folder, params string[] more) =>
        SampleProcess.StartAsync("SocketRouter", ["--database", folder.PathOf("articles.db"), .. more]);

    private static async Task AssertAsync(JsonSocket socket, string route, string payload, int status, string expected)
    {
        await socket.SendAsync($$"""{"uuid":"1","route":"{{route}}","payload":{{payload}}}""");
        var reply = await socket.ReceiveAsync();
        Assert.That(reply.GetProperty("status").GetInt32(), Is.EqualTo(status), reply.GetRawText());
        Assert.That(JsonElement.DeepEquals(reply.GetProperty("payload"), JsonElement.Parse(expected)), reply.GetRawText());
    }
}
