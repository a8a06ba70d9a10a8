using System.Text;
using Channels;

namespace Conformance;

/// <summary>The smallest HTTP application.</summary>
internal static class Hello
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("Hello, World!");
    private static readonly HeaderList Headers = new() { { "content-type", "text/plain; charset=utf-8" }, { "content-length", $"{Body.Length}" } };

    public static async Task RunAsync(Scope scope, Receive receive, Send send)
    {
        await send(new HttpResponseStart(200, Headers));
        await send(new HttpResponseBody(Body));
    }
}
