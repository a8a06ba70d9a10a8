namespace Channels.Kestrel;

/// <summary>Serves until the process is told to stop.</summary>
internal sealed class ServeVerb : HostVerb
{
    public const string Word = "serve";

    public override string Name => Word;

    public override string Summary => "serve requests until the process is told to stop (the default)";

    public override bool Serves => true;

    public override Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken) =>
        HostRun.UntilStoppedAsync(context, "server", cancellationToken);
}
