using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Channels.Kestrel;

/// <summary>Starts a host and waits until the process is told to stop; what several verbs do.</summary>
internal static class HostRun
{
    public static async Task<int> UntilStoppedAsync(HostVerbContext context, string what, CancellationToken cancellationToken)
    {
        using var signals = new StopSignals(context.Host.Services.GetRequiredService<IHostApplicationLifetime>());
        return await UntilStoppedAsync(context, what, signals, cancellationToken);
    }

    /// <returns>0 after an orderly stop, 1 when the host could not start or did not stop in time.</returns>
    public static async Task<int> UntilStoppedAsync(HostVerbContext context, string what, StopSignals signals, CancellationToken cancellationToken)
    {
        var host = context.Host;
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        await using var cancelled = cancellationToken.UnsafeRegister(static state => ((IHostApplicationLifetime)state!).StopApplication(), lifetime);
        var told = WhenToldToStop(lifetime);

        // On a thread of the pool: whatever blocks its thread while it starts must not keep anybody from being heard.
        var starting = Task.Run(
            () =>
            {
                host.Services.GetService<IStartupValidator>()?.Validate(); // the host would log an operator's mistake with its stack
                return host.StartAsync(cancellationToken);
            },
            CancellationToken.None);
        try
        {
            if (await Task.WhenAny(starting, told) == told && !starting.IsCompleted)
            {
                // The host has cancelled the start, and what heeds that ends by itself.
                await starting.WaitAsync(host.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout, host.Services.GetRequiredService<TimeProvider>(), signals.Hurry);
            }

            await starting;
        }
        catch (Exception error) when (!lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Asked of the token and not of who waits for it: the start may have been cancelled and over before that one has heard.
            // The host has logged a program's mistakes with their stack; people get the one line that helps them.
            await context.Error.WriteLineAsync($"The {what} cannot start: {error.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
        catch (Exception) when (!starting.IsCompleted)
        {
            await context.Error.WriteLineAsync($"The {what} was told to stop while it started; what did not heed that is abandoned.");
            return 1;
        }
        catch (Exception)
        {
            await context.Error.WriteLineAsync($"The {what} was told to stop while it started.");
        }

        await told;
        try
        {
            await host.StopAsync(signals.Hurry);
        }
        catch (OperationCanceledException)
        {
            // Time ran out, or a second signal came: the end is as orderly as it could be.
        }

        return signals.Hurry.IsCancellationRequested ? 1 : 0;
    }

    private static Task WhenToldToStop(IHostApplicationLifetime lifetime)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lifetime.ApplicationStopping.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stopping); // as long as the host
        return stopping.Task;
    }
}
