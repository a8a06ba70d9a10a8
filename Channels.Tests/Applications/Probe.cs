namespace Channels.Tests.Applications;

/// <summary>An endpoint that remembers the scope it was called with.</summary>
internal sealed class Probe : IApplicationNode
{
    public Scope? Scope { get; private set; }

    public bool Called => Scope is not null;

    public RouteMatch Route => Scope?.Route ?? throw new AssertionException("The endpoint was not called.");

    public string Description => "Probe";

    public IReadOnlyList<ApplicationBranch> Branches => [];

    public static implicit operator Application(Probe probe) => probe.InvokeAsync;

    public void Prepare(IServiceProvider services)
    {
    }

    private Task InvokeAsync(Scope scope, Receive receive, Send send)
    {
        Scope = scope;
        return Task.CompletedTask;
    }
}
