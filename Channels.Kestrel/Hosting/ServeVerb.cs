using Microsoft.Extensions.Hosting;

namespace Channels.Kestrel;

/// <summary>Serves until the process is told to stop.</summary>
internal sealed class ServeVerb : HostVerb
{
    public const string Word = "serve";

    public override string Name => Word;

    public override string Summary => "serve requests until the process is told to stop (the default)";

    public override bool Serves => true;

    public override async Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken)
    {
        try
        {
            await context.Host.StartAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // The host has logged its own failures with their stack; people get the one line that helps them.
            await context.Error.WriteLineAsync($"The server cannot start: {error.Message}");
            return 1;
        }

        await context.Host.WaitForShutdownAsync(cancellationToken);
        return 0;
    }
}
