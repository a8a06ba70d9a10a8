using System.Text;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.FileProviders;

namespace Channels.Tests.Http;

/// <summary>One file: conditions and ranges (RFC 9110, sections 13 and 14).</summary>
[Proves("FN-17")]
public sealed class FileResponseTests
{
    private const string Content = "0123456789";
    private const string Tag = "\"8dd896019d91000-a\"";
    private const string Changed = "Fri, 02 May 2025 10:00:00 GMT";
    private const string Before = "Fri, 02 May 2025 09:59:59 GMT";

    [Test]
    public async Task A_file_comes_with_its_validators()
    {
        var answer = await AskAsync("GET");
        Assert.That((answer.Status, answer.Text), Is.EqualTo((200, Content)));
        Assert.That(answer.Headers, Is.EqualTo(new HeaderList
        {
            { "cache-control", "no-cache" },
            { "etag", Tag },
            { "last-modified", Changed },
            { "accept-ranges", "bytes" },
            { "content-type", "text/plain; charset=utf-8" },
            { "content-length", "10" },
        }));
    }

    [Test]
    public async Task Head_gets_the_headers_of_get()
    {
        var (get, head) = (await AskAsync("GET"), await AskAsync("HEAD", ("range", "bytes=0-1")));
        Assert.That((head.Status, head.Body.Length), Is.EqualTo((200, 0)));
        Assert.That(head.Headers, Is.EqualTo(get.Headers));
    }

    [TestCase("if-none-match", Tag, 304)]
    [TestCase("if-none-match", "W/" + Tag, 304)]
    [TestCase("if-none-match", "*", 304)]
    [TestCase("if-none-match", "\"a,b\", W/\"c\" ,, " + Tag, 304)]
    [TestCase("if-none-match", "\"other\"", 200)]
    [TestCase("if-none-match", "no-quotes, " + Tag, 200)]
    [TestCase("if-none-match", "\"open", 200)]
    [TestCase("if-none-match", "\"x" + "8dd896019d91000-a\"", 200)]
    [TestCase("if-match", Tag, 200)]
    [TestCase("if-match", "*", 200)]
    [TestCase("if-match", "W/" + Tag, 412)]
    [TestCase("if-match", "\"other\"", 412)]
    [TestCase("if-modified-since", Changed, 304)]
    [TestCase("if-modified-since", Before, 200)]
    [TestCase("if-modified-since", "Friday, 02-May-25 10:00:00 GMT", 304)]
    [TestCase("if-modified-since", "Fri May  2 10:00:00 2025", 304)]
    [TestCase("if-modified-since", "yesterday", 200)]
    [TestCase("if-unmodified-since", Changed, 200)]
    [TestCase("if-unmodified-since", Before, 412)]
    [TestCase("if-unmodified-since", "yesterday", 200)]
    public async Task A_condition_decides(string name, string value, int status)
    {
        var answer = await AskAsync("GET", (name, value));
        Assert.That(answer.Status, Is.EqualTo(status));
        Assert.That(answer.Text, Is.EqualTo(status == 200 ? Content : ""));
        Assert.That((answer.Headers["etag"], answer.Headers["cache-control"]), Is.EqualTo((Tag, "no-cache")), "with every status");
        Assert.That(answer.Headers["content-length"], Is.EqualTo(status == 200 ? "10" : null));
    }

    [Test]
    public async Task Conditions_have_an_order_and_lists_may_span_lines()
    {
        Assert.That((await AskAsync("GET", ("if-none-match", "\"a\""), ("if-none-match", Tag))).Status, Is.EqualTo(304));
        Assert.That((await AskAsync("GET", ("if-none-match", "\"a\""), ("if-modified-since", Changed))).Status, Is.EqualTo(200), "a tag counts more than a date");
        Assert.That((await AskAsync("GET", ("if-match", Tag), ("if-unmodified-since", Before))).Status, Is.EqualTo(200), "a tag counts more than a date");
        Assert.That((await AskAsync("GET", ("if-match", "\"a\""), ("if-none-match", Tag))).Status, Is.EqualTo(412));
        Assert.That((await AskAsync("GET", ("if-none-match", Tag), ("range", "bytes=0-1"))).Status, Is.EqualTo(304));
    }

    [TestCase("bytes=0-3", "0123", "bytes 0-3/10")]
    [TestCase("bytes=7-", "789", "bytes 7-9/10")]
    [TestCase("bytes=-2", "89", "bytes 8-9/10")]
    [TestCase("bytes=-99", Content, "bytes 0-9/10")]
    [TestCase("bytes=9-99", "9", "bytes 9-9/10")]
    [TestCase("bytes=0-9223372036854775807", Content, "bytes 0-9/10")]
    public async Task One_range_is_that_part_of_the_file(string range, string content, string contentRange)
    {
        var answer = await AskAsync("GET", ("range", range));
        Assert.That((answer.Status, answer.Text, answer.Headers["content-range"], answer.Headers["content-length"]), Is.EqualTo((206, content, contentRange, $"{content.Length}")));
        Assert.That(answer.Headers["etag"], Is.EqualTo(Tag));
    }

    [TestCase("bytes=10-")]
    [TestCase("bytes=-0")]
    [TestCase("bytes=99-100")]
    public async Task A_range_behind_the_end_is_416_with_the_length(string range)
    {
        var answer = await AskAsync("GET", ("range", range));
        Assert.That((answer.Status, answer.Headers["content-range"]), Is.EqualTo((416, "bytes */10")));
    }

    [TestCase("bytes=5-2")]
    [TestCase("bytes=0-1,3-4")]
    [TestCase("lines=0-1")]
    [TestCase("bytes=a-b")]
    [TestCase("bytes=0-99999999999999999999")]
    public async Task Other_ranges_are_answered_with_the_whole(string range) =>
        Assert.That((await AskAsync("GET", ("range", range))).Status, Is.EqualTo(200));

    [Test]
    [Proves("SEC-71")]
    public async Task Of_many_ranges_none_is_looked_at()
    {
        var many = new HeaderList { { "range", "bytes=" + string.Join(',', Enumerable.Repeat("0-1", 10_000)) } };
        Assert.That(Allocations.Least(() => ByteRange.Of(many, 10)), Is.LessThan(1_000));
        await Other_ranges_are_answered_with_the_whole(many.GetValues("range").Single());
    }

    [TestCase(Tag, 206)]
    [TestCase("W/" + Tag, 200)]
    [TestCase("\"other\"", 200)]
    [TestCase(Changed, 206)]
    [TestCase(Before, 200)]
    public async Task A_range_of_what_has_changed_is_answered_with_the_whole(string validator, int status) =>
        Assert.That((await AskAsync("GET", ("range", "bytes=0-1"), ("if-range", validator))).Status, Is.EqualTo(status));

    [TestCase("POST", 405)]
    [TestCase("OPTIONS", 204)]
    public async Task Other_methods_are_told_which_there_are(string method, int status)
    {
        var answer = await AskAsync(method);
        Assert.That((answer.Status, answer.Headers["allow"]), Is.EqualTo((status, "GET, HEAD, OPTIONS")));
    }

    [Test]
    public async Task Files_that_cannot_seek_and_long_ones_are_read_in_parts()
    {
        var content = new byte[200_000];
        Random.Shared.NextBytes(content);
        var file = new MemoryFile("x.bin", content) { CanSeek = false };
        await using var whole = Communicator.Http((scope, _, send) => Respond.FileAsync((HttpScope)scope, send, file), "GET", "/");
        Octets.AreSame((await whole.GetResponseAsync()).Body.Span, content);
        await using var part = Communicator.Http((scope, _, send) => Respond.FileAsync((HttpScope)scope, send, file), "GET", "/").WithHeader("range", "bytes=70000-199998");
        Octets.AreSame((await part.GetResponseAsync()).Body.Span, content.AsSpan(70_000, 129_999));
    }

    [TestCase(0, 200)]
    [TestCase(-1, 404)]
    public async Task Empty_and_missing_files_have_answers(int length, int status)
    {
        IFileInfo file = length < 0 ? new NotFoundFileInfo("x") : new MemoryFile("x", new byte[length]);
        await using var request = Communicator.Http((scope, _, send) => Respond.FileAsync((HttpScope)scope, send, file), "GET", "/");
        Assert.That((await request.GetResponseAsync()).Status, Is.EqualTo(status));
    }

    private static async Task<HttpResult> AskAsync(string method, params (string Name, string Value)[] headers)
    {
        var file = new MemoryFile("digits.txt", Encoding.ASCII.GetBytes(Content));
        await using var request = Communicator.Http(
            (scope, _, send) => Respond.FileAsync((HttpScope)scope, send, file, headers: new HeaderList { { "cache-control", "no-cache" } }), method, "/");
        foreach (var (name, value) in headers)
        {
            request.WithHeader(name, value);
        }

        return await request.GetResponseAsync();
    }
}
