using System.Text;
using Channels;

namespace Samples;

/// <summary>Short responses.</summary>
internal static class Respond
{
    public static Task TextAsync(Send send, int status, string text, HeaderList? headers = null) =>
        BytesAsync(send, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text), headers);

    public static async Task BytesAsync(Send send, int status, string type, byte[] body, HeaderList? headers = null)
    {
        headers ??= [];
        headers.Add("content-type", type);
        headers.Add("content-length", $"{body.Length}");
        await send(new HttpResponseStart(status, headers));
        await send(new HttpResponseBody(body));
    }
}
