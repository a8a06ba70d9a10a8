using Microsoft.Extensions.DependencyInjection;

namespace Channels;

/// <summary>A connection's end at a time. Disposing calls it off.</summary>
internal sealed class TimedClose(DateTimeOffset when, IServiceProvider services, Func<ValueTask> close) : IDisposable
{
    // Timers take no longer time than that.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    private readonly TimeProvider _time = services.GetService<TimeProvider>() ?? TimeProvider.System;
    private readonly CancellationTokenSource _calledOff = new();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _calledOff.Token);
        try
        {
            for (var left = when - _time.GetUtcNow(); left > TimeSpan.Zero; left = when - _time.GetUtcNow())
            {
                await Task.Delay(left < LongestWait ? left : LongestWait, _time, either.Token);
            }

            either.Token.ThrowIfCancellationRequested();
        }
        catch (OperationCanceledException)
        {
            return; // called off, or the connection has ended
        }

        await close();
    }

    public void Dispose() => _calledOff.Cancel();
}
