using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Channels.Kestrel;

/// <summary>
/// Reads on behind a response that did not wait for the request's body, for a bounded time and size: closing a connection
/// with octets unread resets it, and the client may never see the response (RFC 9112, section 9.6).
/// </summary>
internal static class RequestDrain
{
    private const long MostBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(5);

    /// <summary>Lets a body be read past its limit, as far as a drain goes; before it is read from.</summary>
    /// <param name="features">The request.</param>
    /// <param name="limit">The limit that is checked elsewhere, in bytes; 0 for none.</param>
    public static void RaiseLimit(IFeatureCollection features, long limit) => SetLimit(features, limit == 0 ? null : Raise(limit));

    /// <summary>
    /// Where the connection ends with the response, reads to the end of the body, and cuts a connection that has not come to it
    /// by then. (Behind another response Kestrel reads on, to find the next request, for as long a time and, from here on, size.)
    /// </summary>
    /// <param name="features">The request; its response is complete.</param>
    /// <param name="body">What the application has read of it; nobody reads any more. Null when it has read nothing.</param>
    /// <param name="time">The clock.</param>
    public static Task RunAsync(IFeatureCollection features, RequestBody? body, TimeProvider time)
    {
        if (body is { HasEnded: true } || features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return Task.CompletedTask;
        }

        var request = features.GetRequiredFeature<IHttpRequestFeature>();
        if (!IsLast(features, request))
        {
            SetLimit(features, Raise(features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize)); // still the server's, unless the body was read from
            return Task.CompletedTask;
        }

        // A client that waits for our word sends nothing; the first read gives it.
        return request.Headers.Expect.Count == 0 || body is { HasBegun: true } ? ReadOnAsync(features, body, time) : Task.CompletedTask;
    }

    private static long? Raise(long? limit) => limit is { } most ? most + Math.Min(MostBytes, long.MaxValue - most) : null;

    // A stream of HTTP/2 is reset apart from its connection.
    private static bool IsLast(IFeatureCollection features, IHttpRequestFeature request) =>
        request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal)
        && (Closes(features.GetRequiredFeature<IHttpResponseFeature>().Headers.Connection) || Closes(request.Headers.Connection) || request.Protocol == "HTTP/1.0");

    private static bool Closes(StringValues connection)
    {
        foreach (var line in connection)
        {
            if (line?.Contains("close", StringComparison.OrdinalIgnoreCase) == true)
            {
                return true;
            }
        }

        return false;
    }

    private static async Task ReadOnAsync(IFeatureCollection features, RequestBody? body, TimeProvider time)
    {
        if (body is not null)
        {
            await body.LeaveAsync();
        }

        SetLimit(features, null); // an announced length is known to be too long: what matters is how much of it comes
        using var limit = new CancellationTokenSource(MostTime, time);
        try
        {
            if (await TryReadAsync(features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader, limit.Token))
            {
                return;
            }
        }
        catch (BadHttpRequestException)
        {
            return; // nobody knows where the rest ends; what has been answered is on its way
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException)
        {
            // Gone, or too slow: nothing to wait for.
        }

        features.Get<IHttpRequestLifetimeFeature>()?.Abort();
    }

    private static void SetLimit(IFeatureCollection features, long? limit)
    {
        if (features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = limit;
        }
    }

    private static async Task<bool> TryReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        for (var read = 0L; read < MostBytes;)
        {
            var result = await reader.ReadAsync(cancellationToken);
            read += result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return true;
            }
        }

        return false;
    }
}
