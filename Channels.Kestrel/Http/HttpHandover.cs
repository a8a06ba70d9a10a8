using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>
/// Hands a whole HTTP exchange over to somebody who speaks ASP.NET Core's features, such as a site mounted beside other
/// applications: request and response then stream both ways without being turned into events.
/// </summary>
public static class HttpHandover
{
    /// <summary>
    /// Takes the request and its response. From now on the caller reads and writes them through the features alone, until
    /// its application ends: its <see cref="Receive"/> and <see cref="Send"/> throw, and the server writes nothing more. An
    /// exception that leaves the application goes on to the server below, which answers 500 or cuts the connection.
    /// </summary>
    /// <remarks>
    /// Limits that are still the server's: the access log, metrics, and <see cref="ChannelsServerOptions.RequestTimeout"/>, which
    /// cuts the connection. An application that has taken the features is waited for however long it runs after its client
    /// went away, because the features belong to the connection. What wraps <see cref="Send"/> in front of the application does
    /// not see the response.
    /// </remarks>
    /// <param name="scope">The scope that the application was called with, or a copy of it.</param>
    /// <param name="features">The request's features.</param>
    /// <returns>False when there are none, because the scope is not of a Channels server, as in a test.</returns>
    /// <exception cref="InvalidOperationException">The response has begun, the body was read from, or the exchange was taken already.</exception>
    /// <exception cref="ConnectionClosedException">The exchange is over.</exception>
    public static bool TryTakeFeatures(this HttpScope scope, [NotNullWhen(true)] out IFeatureCollection? features)
    {
        ArgumentNullException.ThrowIfNull(scope);
        features = (scope.Exchange as HttpExchange)?.HandOver();
        return features is not null;
    }
}
