using System.Text;

namespace Channels.Tests.Kestrel.Http;

/// <summary>Short ways to answer an HTTP request in tests.</summary>
internal static class Answers
{
    public static async Task TextAsync(this Send send, string text, int status = 200, HeaderList? headers = null)
    {
        await send(new HttpResponseStart(status, headers ?? new HeaderList { { "content-type", "text/plain" } }));
        await send(new HttpResponseBody(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>An application that hands each HTTP scope to a test and answers with 200.</summary>
    public static Application Capture(Action<HttpScope> scopes) => async (scope, receive, send) =>
    {
        scopes((HttpScope)scope);
        await send.TextAsync("ok");
    };

    /// <summary>Reads the body to its end.</summary>
    public static async Task<byte[]> ReadBodyAsync(this Receive receive)
    {
        var body = new MemoryStream();
        while (await receive() is HttpRequest part)
        {
            body.Write(part.Body.Span);
            if (!part.MoreBody)
            {
                break;
            }
        }

        return body.ToArray();
    }
}
