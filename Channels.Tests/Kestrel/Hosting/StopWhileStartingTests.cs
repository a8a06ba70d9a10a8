using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>A process that is told to stop before it has started.</summary>
public sealed class StopWhileStartingTests
{
    private readonly Gate _gate = new();
    private readonly StringWriter _error = new();
    private readonly LogRecord _log = new();
    private bool _aborted;

    [Test]
    [Proves("FA-11")]
    public async Task The_first_signal_aborts_a_start_up_that_waits_and_ends_with_0()
    {
        await using var host = Build(async scope =>
        {
            try
            {
                await _gate.PassAsync(scope.Aborted);
            }
            finally
            {
                await Task.Yield(); // a clean-up that takes a while
                _aborted = scope.Aborted.IsCancellationRequested;
            }
        });
        using var signals = new StopSignals(host.Services.GetRequiredService<IHostApplicationLifetime>());
        var run = RunAsync(host, signals);
        await _gate.Reached;
        signals.Hear();

        Assert.That(await run, Is.Zero);
        Assert.That(_aborted, "and its end was waited for");
        Assert.That(_error.ToString(), Does.Contain("told to stop while it started"));
        Assert.That(_log.Errors.Where(line => line.Category.StartsWith("Channels", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    [Proves("FA-11")]
    public async Task The_second_signal_ends_the_wait_for_one_that_blocks_its_thread()
    {
        using var release = new ManualResetEventSlim();
        await using var host = Build(scope =>
        {
            _ = _gate.PassAsync();
            release.Wait();
            return Task.CompletedTask;
        });
        using var signals = new StopSignals(host.Services.GetRequiredService<IHostApplicationLifetime>());
        var run = RunAsync(host, signals);
        await _gate.Reached;
        signals.Hear();
        Assert.That(run.IsCompleted, Is.False);
        signals.Hear();

        Assert.That(await run, Is.EqualTo(1));
        release.Set();
    }

    [Test]
    [Proves("FA-11")]
    public async Task A_start_up_that_does_not_heed_the_end_is_abandoned_after_a_while()
    {
        var time = new ManualTimeProvider();
        using var release = new ManualResetEventSlim();
        await using var services = new ServiceCollection().AddSingleton<TimeProvider>(time).BuildServiceProvider();
        using var stop = new CancellationTokenSource();
        var runner = new LifespanRunner(
            (scope, receive, send) =>
            {
                _ = _gate.PassAsync();
                release.Wait();
                return Task.CompletedTask;
            },
            services,
            _log.CreateLogger("x"));
        var start = runner.StartAsync(stop.Token);
        await _gate.Reached;
        await stop.CancelAsync();
        await time.WaitForTimersAsync();
        Assert.That(start.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromSeconds(5));

        Assert.That(async () => await start, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_log.Lines.Select(line => line.Id), Is.EqualTo(new[] { 1005 }));
        release.Set();
    }

    private ChannelsHost Build(Func<LifespanScope, Task> start)
    {
        var builder = ChannelsHost.CreateBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders().AddProvider(_log);
        builder.Services.AddSingleton<TimeProvider>(new ManualTimeProvider()); // however slow the machine is, nothing is abandoned for it
        builder.Root = (scope, receive, send) => start((LifespanScope)scope);
        return builder.Build();
    }

    private Task<int> RunAsync(ChannelsHost host, StopSignals signals) =>
        HostRun.UntilStoppedAsync(new HostVerbContext(host, [], TextWriter.Null, _error), "server", signals, default);
}
