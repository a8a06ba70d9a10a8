using Microsoft.Extensions.Hosting;

namespace Channels.Kestrel;

/// <summary>Starts a host and waits until the process is told to stop; what several verbs do.</summary>
internal static class HostRun
{
    public static async Task<int> UntilStoppedAsync(HostVerbContext context, string what, CancellationToken cancellationToken)
    {
        try
        {
            await context.Host.StartAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // The host has logged its own failures with their stack; people get the one line that helps them.
            await context.Error.WriteLineAsync($"The {what} cannot start: {error.Message}");
            return 1;
        }

        await context.Host.WaitForShutdownAsync(cancellationToken);
        return 0;
    }
}
