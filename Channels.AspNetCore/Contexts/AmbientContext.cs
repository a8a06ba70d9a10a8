using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.AspNetCore;

/// <summary>The context of those who look for it in <see cref="IHttpContextAccessor"/>, as Identity's managers do, instead of taking it as they are given it.</summary>
internal static class AmbientContext
{
    /// <summary>
    /// Puts a context there, for the asynchronous method that calls this and for what that calls. One that is there already is a
    /// site's own and stays: the accessor takes a replaced one from everybody, the site included.
    /// </summary>
    public static void Enter(HttpContext context)
    {
        if (context.RequestServices.GetService<IHttpContextAccessor>() is { HttpContext: null } accessor)
        {
            accessor.HttpContext = context;
        }
    }
}
