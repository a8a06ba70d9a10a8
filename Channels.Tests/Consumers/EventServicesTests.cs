using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>A consumer with a scope per event: whose services it sees, and where there are none to be seen.</summary>
public sealed class EventServicesTests
{
    private readonly Gate _gate = new();

    [Test]
    [Proves("FN-8")]
    public async Task Detached_work_has_none_also_while_a_handler_is_busy()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("detach and stay busy");
        Assert.That(await socket.ReceiveTextAsync(), Does.Contain("Detach((services, token) => …)"));
        _gate.Open();
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("mine stayed mine"));
    }

    [Test]
    [Proves("FN-8")]
    public async Task Detached_work_can_have_fresh_ones_which_end_with_it()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("detach with services");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("fresh, alive"));
        await socket.SendTextAsync("ended?");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("True"));
    }

    [Test]
    [Proves("FN-8")]
    public void The_constructor_has_none()
    {
        Assert.That(
            async () => await Communicator.WebSocket(Consumer.Of<Eager>(), "/").ConnectAsync(),
            Throws.InvalidOperationException.With.Message.Contains("constructor"));
    }

    [Test]
    public async Task A_failure_is_judged_with_services_of_its_own()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("fail");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("judged with fresh services"));
    }

    private async Task<WebSocketCommunicator> ConnectAsync()
    {
        var services = new ServiceCollection().AddScoped<Resource>().AddChannels().Services.BuildServiceProvider();
        var socket = Communicator.WebSocket(Consumer.Of<PerEvent>(_gate), "/").WithScope(scope => scope with { Services = services });
        await socket.ConnectAsync();
        return socket;
    }

    private sealed class Resource : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    [ScopePerEvent]
    private sealed class Eager : WebSocketConsumer
    {
        public Eager() => _ = EventServices;
    }

    [ScopePerEvent]
    private sealed class PerEvent(Gate gate) : WebSocketConsumer
    {
        private readonly List<Resource> _seen = [];
        private Task _work = Task.CompletedTask;

        protected override async ValueTask OnTextAsync(string text)
        {
            var own = EventServices.GetRequiredService<Resource>();
            switch (text)
            {
                case "detach and stay busy":
                    Detach(ReadAsync);
                    await gate.PassAsync();
                    await SendTextAsync(ReferenceEquals(own, EventServices.GetRequiredService<Resource>()) ? "mine stayed mine" : "mine changed");
                    break;
                case "detach with services":
                    var done = new TaskCompletionSource();
                    _work = done.Task;
                    _seen.Add(own);
                    Detach((services, _) => UseAsync(services, done));
                    break;
                case "ended?":
                    await _work;
                    await SendTextAsync($"{_seen[^1].IsDisposed}");
                    break;
                default:
                    _seen.Add(own);
                    throw new FormatException();
            }
        }

        protected override async ValueTask<bool> OnErrorAsync(Event? message, Exception error)
        {
            await SendTextAsync(_seen.Contains(EventServices.GetRequiredService<Resource>()) ? "judged with old services" : "judged with fresh services");
            return true;
        }

        private async Task ReadAsync(CancellationToken cancellationToken)
        {
            await gate.Reached.WaitAsync(cancellationToken);
            try
            {
                await SendTextAsync(EventServices.ToString()!);
            }
            catch (InvalidOperationException error)
            {
                await SendTextAsync(error.Message);
            }
        }

        private async Task UseAsync(IServiceProvider services, TaskCompletionSource done)
        {
            var fresh = services.GetRequiredService<Resource>();
            await SendTextAsync($"{(_seen.Contains(fresh) ? "shared" : "fresh")}, {(fresh.IsDisposed ? "dead" : "alive")}");
            _seen.Add(fresh);
            Detach(async token =>
            {
                while (!fresh.IsDisposed)
                {
                    await Task.Yield();
                    token.ThrowIfCancellationRequested();
                }

                done.SetResult();
            });
        }
    }
}
