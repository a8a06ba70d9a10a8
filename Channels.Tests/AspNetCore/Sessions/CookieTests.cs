using Channels.AspNetCore;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Channels.Tests.AspNetCore;

/// <summary>Cookies of scopes and events.</summary>
public sealed class CookieTests
{
    [Test]
    [Proves("C-COOKIE-01")]
    public void A_cookie_of_name_and_value_is_for_the_whole_site_and_its_own_pages()
    {
        var headers = new HeaderList();
        headers.SetCookie("room", "tea");

        Assert.That(headers["set-cookie"], Is.EqualTo("room=tea; path=/; samesite=lax"));
    }

    [Test]
    public void A_deleted_cookie_has_no_value_and_is_of_the_past()
    {
        var headers = new HeaderList();
        headers.DeleteCookie("room", new CookieOptions { Path = "/chat" });

        Assert.That(headers["set-cookie"], Does.StartWith("room=; ").And.Contain("expires=Thu, 01 Jan 1970").And.Contain("max-age=0").And.Contain("path=/chat"));
    }

    [TestCase("a\r\nset-cookie: b=c")]
    [TestCase("a; domain=example.com")]
    [TestCase("ü")]
    public void No_value_becomes_another_header_or_attribute(string value)
    {
        var headers = new HeaderList();
        headers.SetCookie("room", value);
        var written = headers.GetValues("set-cookie").Single();

        Assert.That(written, Does.EndWith("; path=/; samesite=lax").And.Not.Contain("\r").And.Not.Contain("domain="));
        Assert.That(Read(written.Split(';')[0])["room"], Is.EqualTo(value));
    }

    [TestCase("a b")]
    [TestCase("a\r\nb")]
    [TestCase("a=b")]
    public void A_name_that_is_no_token_is_refused(string name) => Assert.That(() => new HeaderList().SetCookie(name, "x"), Throws.ArgumentException);

    [TestCase("a=1; b=2", "1", "2")]
    [TestCase("a=1;b=2;", "1", "2")]
    [TestCase("a=%31; ; =x; nonsense; b=\"2\"", "1", "2")]
    public void Cookies_are_read_and_what_is_unreadable_left_out(string header, string first, string second)
    {
        var cookies = Read(header);

        Assert.That((cookies["a"], cookies["b"]?.Trim('"')), Is.EqualTo((first, second)));
    }

    [Test]
    public void Cookies_of_several_headers_are_one_collection_as_over_http2()
    {
        var scope = new WebSocketScope { Path = "/", Headers = new HeaderList { { "cookie", "a=1" }, { "cookie", "b=2" } } };

        Assert.That(scope.GetCookies().Keys, Is.EquivalentTo(new[] { "a", "b" }));
    }

    private static IRequestCookieCollection Read(string header) => new HttpScope { Path = "/", Headers = new HeaderList { { "cookie", header } } }.GetCookies();
}
