using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.AspNetCore;

/// <summary>
/// Lets origins in that the endpoint's CORS policy allows. CORS itself does not stop a WebSocket: browsers open it for any page,
/// and only the server can look at the origin.
/// </summary>
internal static class EndpointOrigins
{
    /// <summary>A decision for an origin that the policy allows with credentials; null leaves it to the server's own rule.</summary>
    public static async ValueTask<OriginDecision?> DecideAsync(HttpContext context)
    {
        if (context.Request.Headers.Origin is not [{ Length: > 0 } origin]
            || context.GetEndpoint()?.Metadata.GetMetadata<ICorsMetadata>() is not { } metadata || await FindPolicyAsync(context, metadata) is not { } policy
            || !policy.SupportsCredentials || !policy.IsOriginAllowed(origin))
        {
            return null;
        }

        var decision = new OriginDecision();
        decision.Make();
        return decision;
    }

    // The last metadata counts, as for the CORS middleware.
    private static async ValueTask<CorsPolicy?> FindPolicyAsync(HttpContext context, ICorsMetadata metadata) => metadata switch
    {
        ICorsPolicyMetadata { Policy: var policy } => policy,
        IEnableCorsAttribute { PolicyName: var name } when context.RequestServices.GetService<ICorsPolicyProvider>() is { } provider => await provider.GetPolicyAsync(context, name),
        _ => null,
    };
}
