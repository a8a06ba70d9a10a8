using System.Net;
using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.Http;

public class HttpServingTests
{
    [Test]
    public async Task C_HTTP_01_a_minimal_get_is_one_empty_request_event()
    {
        Event? first = null;
        await using var app = await LiveApp.StartAsync(async (scope, receive, send) =>
        {
            first = await receive();
            await Hello(send);
        });

        var answer = await app.Http.GetStringAsync("/hello");

        Assert.That(answer, Is.EqualTo("hello"));
        Assert.That(first, Is.EqualTo(new HttpRequest()));
    }

    private static async Task Hello(Send send)
    {
        await send(new HttpResponseStart(200, new HeaderList { { "content-type", "text/plain" } }));
        await send(new HttpResponseBody(Encoding.UTF8.GetBytes("hello")));
    }
}
