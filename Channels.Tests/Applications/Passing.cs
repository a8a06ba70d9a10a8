namespace Channels.Tests.Applications;

/// <summary>Middleware that does nothing but stand in between.</summary>
internal sealed class Passing(Application inner) : ApplicationMiddleware(inner)
{
    public override Task InvokeAsync(Scope scope, Receive receive, Send send) => Inner(scope, receive, send);
}
