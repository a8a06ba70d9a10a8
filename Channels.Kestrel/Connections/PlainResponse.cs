using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>Short plain-text answers that the server gives itself: refusals and errors, without the peer's own text.</summary>
internal static class PlainResponse
{
    /// <summary>Answers and leaves the response complete.</summary>
    /// <param name="features">The request; its response must not have started.</param>
    /// <param name="status">The status code.</param>
    /// <param name="text">The body.</param>
    /// <param name="retryAfter">What the client is told to wait; zero leaves the header out.</param>
    public static async Task WriteAsync(IFeatureCollection features, int status, string text, TimeSpan retryAfter = default)
    {
        var response = features.GetRequiredFeature<IHttpResponseFeature>();
        var body = Encoding.ASCII.GetBytes(text + "\n");
        response.StatusCode = status;
        response.Headers.Clear();
        response.Headers.ContentType = "text/plain; charset=utf-8";
        response.Headers.ContentLength = body.Length;
        if (retryAfter > TimeSpan.Zero)
        {
            response.Headers.RetryAfter = Math.Ceiling(retryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        if (status >= 400 && features.GetRequiredFeature<IHttpRequestFeature>().Protocol.StartsWith("HTTP/1", StringComparison.Ordinal))
        {
            response.Headers.Connection = "close";
        }

        if (features.GetRequiredFeature<IHttpRequestFeature>().Method != "HEAD")
        {
            await features.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(body);
        }

        await features.GetRequiredFeature<IHttpResponseBodyFeature>().CompleteAsync();
    }
}
