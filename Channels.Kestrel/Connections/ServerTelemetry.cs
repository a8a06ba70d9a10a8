using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>
/// The server's instruments for HTTP requests and refusals, and the activities of all connections; open WebSockets are
/// measured where they are served. Nothing is done while nobody listens, and a listener that throws costs nobody a
/// request. Thread-safe.
/// </summary>
internal sealed class ServerTelemetry
{
    private static readonly KeyValuePair<string, object?> HttpType = new("channels.scope.type", "http");

    private readonly UpDownCounter<long> _active;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _abandoned;

    public ServerTelemetry(ChannelsMetrics metrics)
    {
        var meter = metrics.Meter;
        _active = meter.CreateUpDownCounter<long>("channels.server.connections.active", "{connection}", "Open connections, by scope type.");
        _duration = meter.CreateHistogram(
            "channels.server.connection.duration",
            "s",
            "How long connections lived, by scope type, close code and who closed.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] });
        _refused = meter.CreateCounter<long>("channels.server.connections.refused", "{connection}", "Connections and lasting requests that were refused, by the limit that refused them.");
        _abandoned = meter.CreateCounter<long>("channels.server.applications.abandoned", "{application}", "Applications that went on too long after their connection had ended.");
    }

    /// <summary>Whether anybody looks at requests.</summary>
    public bool IsWatched => _active.Enabled || _duration.Enabled || ChannelsTracing.Source.HasListeners();

    public void Refused(string limit) => Guard(() => _refused.Add(1, new KeyValuePair<string, object?>("channels.limit", limit)));

    public void Abandoned() => Guard(() => _abandoned.Add(1));

    public void Opened() => Guard(() => _active.Add(1, HttpType));

    public void Closed(TimeSpan duration, int status, string route)
    {
        Guard(() => _active.Add(-1, HttpType));
        Guard(() =>
        {
            TagList tags = [HttpType, new("http.response.status_code", status)];
            if (route.Length > 0)
            {
                tags.Add("http.route", route);
            }

            _duration.Record(duration.TotalSeconds, tags);
        });
    }

    /// <summary>Starts the activity of a request or WebSocket; null while nobody listens, or when whoever stands in front of us has started one.</summary>
    public static Activity? Start(RequestScope scope, IHttpRequestFeature request)
    {
        if (!ChannelsTracing.Source.HasListeners() || Activity.Current is { Kind: ActivityKind.Server })
        {
            return null;
        }

        Activity? activity = null;
        Guard(() =>
        {
            var isKnown = IsKnown(request.Method);
            var name = scope is not HttpScope ? scope.Type : isKnown ? request.Method : "HTTP";
            var hasParent = ActivityContext.TryParse(request.Headers.TraceParent, request.Headers.TraceState, isRemote: true, out var parent);
            activity = ChannelsTracing.Source.StartActivity(name, ActivityKind.Server, hasParent ? parent : default);
            if (activity is { IsAllDataRequested: true })
            {
                activity.SetTag("http.request.method", isKnown ? request.Method : "_OTHER");
                activity.SetTag("http.request.method_original", isKnown ? null : request.Method);
                activity.SetTag("url.scheme", scope.Scheme);
                activity.SetTag("url.path", scope.Path);
                activity.SetTag("network.protocol.version", scope.HttpVersion);
                activity.SetTag("client.address", scope.Client?.Address.ToString());
            }
        });
        return activity;
    }

    /// <summary>Notes how it ended.</summary>
    public static void Finish(Activity? activity, int status, string route)
    {
        if (activity is null)
        {
            return;
        }

        activity.SetTag("http.response.status_code", status);
        if (route.Length > 0)
        {
            activity.DisplayName = $"{activity.OperationName} {route}";
            activity.SetTag("http.route", route);
        }

        if (status >= 500)
        {
            activity.SetStatus(ActivityStatusCode.Error);
        }

        Guard(activity.Dispose);
    }

    // OpenTelemetry's conventions for HTTP: what a stranger has invented is neither a name nor a value to group by.
    private static bool IsKnown(string method) =>
        method is "GET" or "POST" or "HEAD" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" or "CONNECT" or "TRACE" or "QUERY";

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a listener throws: it is no part of the request that it watches.")]
    private static void Guard(Action tell)
    {
        try
        {
            tell();
        }
        catch (Exception)
        {
            // The listener's own failure; the next measurement tries again.
        }
    }
}
