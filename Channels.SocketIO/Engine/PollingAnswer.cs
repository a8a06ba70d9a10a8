using System.Globalization;
using System.Text;

namespace Channels.SocketIO;

/// <summary>The answer to one request of a polling client, with what its browser must be told.</summary>
/// <param name="runtime">What all sessions share.</param>
/// <param name="request">The request.</param>
/// <param name="send">Its way to answer.</param>
internal sealed class PollingAnswer(EngineIORuntime runtime, HttpScope request, Send send)
{
    private const string Text = "text/plain; charset=UTF-8";

    private static readonly byte[] Ok = Encoding.UTF8.GetBytes("ok");

    /// <summary>A browser asks before it sends.</summary>
    public Task PreflightAsync() => Respond.EmptyAsync(send, 204, runtime.Origins.PreflightFor(request.Headers));

    /// <summary>The request is refused.</summary>
    public Task RefuseAsync(EngineIOError error)
    {
        var headers = Headers();
        if (error.Status == 405)
        {
            headers.Add("allow", "GET, POST");
        }
        else if (error.Status == 503)
        {
            headers.Add("retry-after", "5");
        }

        return Respond.BytesAsync(send, error.ToJson(), "application/json", error.Status, headers);
    }

    /// <summary>A session is open.</summary>
    public Task OpenAsync(EngineIOSession session)
    {
        var headers = Headers();
        if (runtime.Options.Cookie is { } cookie)
        {
            headers.Add("set-cookie", string.Create(CultureInfo.InvariantCulture,
                $"{cookie.Name}={session.Id}; Path={cookie.Path}{(cookie.HttpOnly ? "; HttpOnly" : "")}{(cookie.Secure ? "; Secure" : "")}; SameSite={cookie.SameSite}"));
        }

        return Respond.BytesAsync(send, runtime.Handshake(session), Text, headers: headers);
    }

    /// <summary>What the client has sent was taken.</summary>
    public Task OkAsync() => Respond.BytesAsync(send, Ok, "text/html", headers: Headers()); // what the reference says; clients look at the status

    /// <summary>What has waited for the client.</summary>
    public Task PacketsAsync(ReadOnlyMemory<byte> body, bool compress)
    {
        var headers = Headers();
        if (compress && runtime.Options.Compression && body.Length >= runtime.Options.CompressionMinBytes)
        {
            headers.Add("vary", "Accept-Encoding");
            if (PollCompression.Choose(request.Headers) is { } encoding)
            {
                headers.Add("content-encoding", encoding.Name);
                body = encoding.Compress(body);
            }
        }

        var held = default(MemoryShare);
        held.Set(body.Length, request); // until it is written, which is for the client to say
        return Respond.BytesAsync(send, body, Text, headers: headers);
    }

    /// <summary>Waits until the request is over, or the server stops.</summary>
    public static async Task<HttpDisconnect> WaitForEndAsync(Receive receive)
    {
        while (true)
        {
            if (await receive() is HttpDisconnect end)
            {
                return end;
            }
        }
    }

    private HeaderList Headers()
    {
        var headers = runtime.Origins.HeadersFor(request.Headers);
        headers.Add("cache-control", "no-store");
        return headers;
    }
}
