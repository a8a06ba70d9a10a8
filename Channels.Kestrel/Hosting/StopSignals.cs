using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Channels.Kestrel;

/// <summary>
/// Hears the signals that end a process from its making on, also while the host still starts: the first asks for an orderly
/// stop, the second ends the wait for whatever is still open. Thread-safe.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly IHostApplicationLifetime _lifetime;
    private readonly CancellationTokenSource _hurry = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _heard;

    public StopSignals(IHostApplicationLifetime lifetime)
    {
        _lifetime = lifetime;
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
    }

    /// <summary>Fires at the second signal.</summary>
    public CancellationToken Hurry => _hurry.Token;

    /// <summary>A signal has come.</summary>
    public void Hear()
    {
        if (Interlocked.Increment(ref _heard) == 1)
        {
            _lifetime.StopApplication();
        }
        else
        {
            _ = _hurry.CancelAsync(); // not here: whoever has registered with the token may throw
        }
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _hurry.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        Hear();
    }
}
