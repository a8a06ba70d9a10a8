namespace Channels.Kestrel;

/// <summary>Prints the tree of applications.</summary>
internal sealed class RoutesVerb : HostVerb
{
    public override string Name => "routes";

    public override string Summary => "print the tree of applications";

    public override async Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken)
    {
        var root = context.Host.GetRoot();
        ApplicationTree.Prepare(root, context.Host.Services);
        foreach (var entry in ApplicationTree.Walk(root))
        {
            var label = entry.Path.Length == 0 ? "" : $"{entry.Path}  ";
            await context.Output.WriteLineAsync($"{new string(' ', entry.Depth * 2)}{label}{entry.Description}");
        }

        return 0;
    }
}
