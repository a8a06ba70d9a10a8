using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Http;

/// <summary>Whole responses in one call.</summary>
[Proves("FN-17")]
public sealed class RespondTests
{
    [Test]
    public async Task Text_json_and_bytes_tell_their_type_and_length()
    {
        var text = await AskAsync(send => Respond.TextAsync(send, "Grüße", 201));
        Assert.That((text.Status, text.Headers["content-type"], text.Headers["content-length"], text.Text), Is.EqualTo((201, "text/plain; charset=utf-8", "7", "Grüße")));

        var json = await AskAsync(send => Respond.JsonAsync(send, 42, JsonMetadataServices.CreateValueInfo<int>(JsonSerializerOptions.Default, JsonMetadataServices.Int32Converter)));
        Assert.That((json.Status, json.Headers["content-type"], json.Text), Is.EqualTo((200, "application/json", "42")));

        var bytes = await AskAsync(send => Respond.BytesAsync(send, new byte[] { 1, 2, 3 }, "image/png"));
        Assert.That((bytes.Headers["content-type"], bytes.Headers["content-length"]), Is.EqualTo(("image/png", "3")));
    }

    [Test]
    public async Task Headers_are_copied_and_a_content_type_among_them_wins()
    {
        var headers = new HeaderList { { "x-a", "1" }, { "Content-Type", "text/html" } };
        for (var i = 0; i < 2; i++)
        {
            var answer = await AskAsync(send => Respond.TextAsync(send, "x", headers: headers));
            Assert.That(answer.Headers.GetValues("content-type"), Is.EqualTo(new[] { "text/html" }));
            Assert.That(answer.Headers["x-a"], Is.EqualTo("1"));
        }

        Assert.That(headers, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_problem_says_what_its_kind_is_called_and_what_is_wrong()
    {
        var problem = new HttpProblem(409, "The auction is over.") { Type = "https://example.com/over", Errors = new Dictionary<string, string[]> { ["$.id"] = ["ended"] } };
        var answer = await AskAsync(send => Respond.ProblemAsync(send, problem));
        Assert.That((answer.Status, answer.Headers["content-type"]), Is.EqualTo((409, "application/problem+json")));
        Assert.That(answer.Text, Is.EqualTo("""{"type":"https://example.com/over","title":"Conflict","status":409,"detail":"The auction is over.","errors":{"$.id":["ended"]}}"""));
        Assert.That((await AskAsync(send => Respond.ProblemAsync(send, new(499) { Title = "" }))).Text, Is.EqualTo("""{"status":499}"""));
    }

    [Test]
    public async Task Redirects_and_empty_answers_have_no_body()
    {
        var redirect = await AskAsync(send => Respond.RedirectAsync(send, "/login?next=%2F"));
        Assert.That((redirect.Status, redirect.Headers["location"], redirect.Body.Length), Is.EqualTo((303, "/login?next=%2F", 0)));
        Assert.That((await AskAsync(send => Respond.EmptyAsync(send))).Status, Is.EqualTo(204));
    }

    [TestCase("/a b", 303)]
    [TestCase("/a\r\nx: y", 303)]
    [TestCase("/ä", 303)]
    [TestCase("/a", 200)]
    [TestCase("/a", 304)]
    public void Redirects_that_no_client_could_follow_are_refused(string location, int status) =>
        Assert.That(() => Respond.RedirectAsync((_, _) => throw new AssertionException("sent"), location, status), Throws.InstanceOf<ArgumentException>());

    private static async Task<HttpResult> AskAsync(Func<Send, Task> respond)
    {
        await using var request = Communicator.Http((_, _, send) => respond(send), "GET", "/");
        return await request.GetResponseAsync();
    }
}
