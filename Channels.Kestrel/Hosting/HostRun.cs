using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels.Kestrel;

/// <summary>
/// Starts a host and waits until the process is told to stop; what several verbs do. The host turns the first signal
/// into an orderly stop; a second one ends the wait for whatever is still open.
/// </summary>
internal static class HostRun
{
    public static async Task<int> UntilStoppedAsync(HostVerbContext context, string what, CancellationToken cancellationToken)
    {
        var host = context.Host;
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // The host has logged its own failures with their stack; people get the one line that helps them.
            await context.Error.WriteLineAsync($"The {what} cannot start: {error.Message}");
            return 1;
        }

        using var hurry = new CancellationTokenSource();
        var signals = 0;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        await UntilStoppingAsync(host.Services.GetRequiredService<IHostApplicationLifetime>(), cancellationToken);
        try
        {
            await host.StopAsync(hurry.Token);
        }
        catch (OperationCanceledException)
        {
            // Time ran out, or a second signal came: the end is as orderly as it could be.
        }

        return hurry.IsCancellationRequested ? 1 : 0;

        void OnSignal(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (Interlocked.Increment(ref signals) > 1)
            {
                _ = hurry.CancelAsync(); // not here: whoever has registered with the token may throw
            }
        }
    }

    private static async Task UntilStoppingAsync(IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var told = lifetime.ApplicationStopping.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stopping);
        await using var cancelled = cancellationToken.UnsafeRegister(static state => ((IHostApplicationLifetime)state!).StopApplication(), lifetime);
        await stopping.Task;
    }
}
