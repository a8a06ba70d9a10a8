using System.Net;
using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Channels.Kestrel;

/// <summary>
/// Answers <c>/healthz/live</c> and <c>/healthz/ready</c> in front of the root application. Ready means: the
/// server is not stopping, and no registered health check that is not tagged <c>live</c> is unhealthy. The answer is
/// one word.
/// </summary>
internal sealed class HealthEndpoints(Application inner, HealthAccess access, HealthCheckService? checks) : ApplicationMiddleware(inner)
{
    private const string Prefix = "/healthz/";
    private const string LiveTag = "live";

    private volatile bool _stopping;

    public override string Description => "health checks at /healthz/live and /healthz/ready";

    /// <summary>From now on the server is not ready.</summary>
    public void BeginStop() => _stopping = true;

    public override Task InvokeAsync(Scope scope, Receive receive, Send send)
    {
        if (scope is HttpScope http && http.Path.AsSpan(http.RootPath.Length).StartsWith(Prefix, StringComparison.Ordinal) && MayAsk(http))
        {
            switch (http.Path[(http.RootPath.Length + Prefix.Length)..])
            {
                case "live":
                    return AnswerAsync(http, send, live: true);
                case "ready":
                    return AnswerAsync(http, send, live: false);
            }
        }

        return Inner(scope, receive, send);
    }

    private bool MayAsk(HttpScope scope)
    {
        if (scope.Method is not ("GET" or "HEAD"))
        {
            return false;
        }

        // A proxy on this machine connects from the loopback address for anybody.
        return access == HealthAccess.Any || (scope.Client is null || IPAddress.IsLoopback(scope.Client.Address))
            && scope.Headers["x-forwarded-for"] is null && scope.Headers["forwarded"] is null;
    }

    private async Task AnswerAsync(HttpScope scope, Send send, bool live)
    {
        (scope.Exchange as HttpExchange)?.IsProbe = true;
        var status = !live && _stopping ? HealthStatus.Unhealthy : await CheckAsync(live, scope.Aborted);
        var headers = new HeaderList { { "content-type", "text/plain; charset=utf-8" }, { "cache-control", "no-store" } };
        await send(new HttpResponseStart(status == HealthStatus.Unhealthy ? 503 : 200, headers), scope.Aborted);
        await send(new HttpResponseBody(Encoding.ASCII.GetBytes(!live && _stopping ? "Stopping" : status.ToString())), scope.Aborted);
    }

    private async Task<HealthStatus> CheckAsync(bool live, CancellationToken cancellationToken)
    {
        if (checks is null)
        {
            return HealthStatus.Healthy;
        }

        var report = await checks.CheckHealthAsync(registration => registration.Tags.Contains(LiveTag) == live, cancellationToken);
        return report.Status;
    }
}
