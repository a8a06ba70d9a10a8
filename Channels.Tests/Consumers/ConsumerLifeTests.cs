using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>Many connections that end in every way leave nothing behind (REL-27, REL-28), and senders do not mix (REL-33).</summary>
public sealed partial class ConsumerLifeTests
{
    [Test]
    [Proves("REL-27", "REL-28")]
    public async Task Every_connection_has_one_disconnect_and_everything_is_disposed_once()
    {
        const int count = 3_000;
        var counts = new Counts();
        await using (var services = TestServices.Create(s => s.AddChannels().Services.AddScoped(_ => new Scoped(counts))))
        {
            Application app = Consumer.Of<Member>(counts);
            var layer = (InMemoryChannelLayer)services.GetRequiredService<IChannelLayer>();
            var random = new Random(20_26);
            var plans = Enumerable.Range(0, count).Select(_ => (How: random.Next(7), Messages: random.Next(4))).ToArray();

            await Parallel.ForEachAsync(plans, async (plan, _) => await LiveAsync(app, services, layer, plan.How, plan.Messages));

            Assert.That(layer.GroupCount, Is.Zero);
        }

        Assert.That(counts.Made, Is.EqualTo(count));
        Assert.That(counts.Disposed, Is.EqualTo(count));
        Assert.That(counts.ServicesDisposed, Is.EqualTo(count));
        Assert.That(counts.Disconnects, Is.EqualTo(count));
        Assert.That(counts.MostDisconnects, Is.EqualTo(1));
    }

    [Test]
    [Proves("REL-28")]
    public async Task Ended_consumers_are_garbage()
    {
        var counts = new Counts { Track = true };
        await using var services = TestServices.Create(s => s.AddChannels().Services.AddScoped(_ => new Scoped(counts)));
        Application app = Consumer.Of<Member>(counts);
        for (var i = 0; i < 70; i++)
        {
            await LiveAsync(app, services, services.GetRequiredService<IChannelLayer>(), i % 7, 2);
        }

        await Support.Eventually.Is(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return counts.Alive <= 1; // the last one may still stand in a frame of this method
        });
    }

    [Test]
    [Proves("REL-33")]
    public async Task Sends_from_many_tasks_keep_each_callers_order()
    {
        const int callers = 8, each = 200;
        await using var socket = Communicator.WebSocket(Consumer.Of<Chorus>(callers, each), "/");
        await socket.ConnectAsync();
        await socket.SendTextAsync("sing");
        var next = new int[callers];
        for (var i = 0; i < callers * each; i++)
        {
            var parts = (await socket.ReceiveTextAsync()).Split(' ');
            var caller = int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture);
            Assert.That(parts[1], Is.EqualTo($"{next[caller]++}"));
        }
    }

    private static async Task LiveAsync(Application app, IServiceProvider services, IChannelLayer layer, int how, int messages)
    {
        var socket = Communicator.WebSocket(app, $"/{how}").WithServices(services);
        try
        {
            await socket.ConnectAsync();
            for (var i = 0; i < messages && how != 0; i++)
            {
                await socket.SendTextAsync("ping");
                await layer.GroupSendAsync("all", new Said("to all"));
            }

            switch (how)
            {
                case 1:
                    await socket.DisconnectAsync(1001);
                    break;
                case 2:
                    await socket.SendTextAsync("close");
                    await socket.WaitAsync();
                    break;
                case 3:
                    await socket.SendTextAsync("throw");
                    await socket.WaitAsync();
                    break;
                case 4:
                    await socket.SendTextAsync("stop");
                    await socket.WaitAsync();
                    break;
                case 5:
                    await socket.SendTextAsync("detach and throw");
                    await socket.WaitAsync();
                    break;
            }

            await socket.DisposeAsync(); // 0 was refused, 6 vanishes
        }
        catch (Member.ThrownException)
        {
            await socket.DisposeAsync(); // as it should
        }
    }

    private sealed class Counts
    {
        private readonly List<WeakReference> _all = [];
        private int _disconnects;
        private int _most;
        private int _made;
        private int _disposed;
        private int _services;

        public bool Track { get; init; }

        public int Made => _made;

        public int Disposed => _disposed;

        public int ServicesDisposed => _services;

        public int Disconnects => _disconnects;

        public int MostDisconnects => _most;

        public int Alive => _all.Count(w => w.IsAlive);

        public void Make(object consumer)
        {
            Interlocked.Increment(ref _made);
            if (Track)
            {
                _all.Add(new(consumer));
            }
        }

        public void Dispose() => Interlocked.Increment(ref _disposed);

        public void DisposeService() => Interlocked.Increment(ref _services);

        public void Disconnect(int times)
        {
            Interlocked.Increment(ref _disconnects);
            if (times > 1)
            {
                _most = times;
            }
            else
            {
                Interlocked.CompareExchange(ref _most, 1, 0);
            }
        }
    }

    private sealed class Scoped(Counts counts) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            counts.DisposeService();
            return default;
        }
    }

    private sealed partial class Member : WebSocketConsumer, IDisposable
    {
        private readonly Counts _counts;
        private int _disconnects;

        public Member(Counts counts, Scoped scoped)
        {
            (_counts, _) = (counts, scoped);
            counts.Make(this);
        }

        protected override IEnumerable<string> InitialGroups => ["all"];

        public void Dispose() => _counts.Dispose();

        protected override ValueTask OnConnectAsync() => Scope.Path == "/0" ? CloseAsync() : AcceptAsync();

        protected override async ValueTask OnTextAsync(string text)
        {
            switch (text)
            {
                case "close":
                    await CloseAsync(4000);
                    break;
                case "throw":
                    throw new ThrownException();
                case "stop":
                    Stop();
                    break;
                case "detach and throw":
                    Detach(_ => throw new ThrownException());
                    break;
                default:
                    await Groups.AddAsync("more");
                    await Task.Yield();
                    await SendTextAsync(text);
                    break;
            }
        }

        protected override ValueTask OnDisconnectAsync(WebSocketDisconnect disconnect)
        {
            _counts.Disconnect(++_disconnects);
            return default;
        }

        [Handles]
        private ValueTask Said(Said message) => SendTextAsync(message.Text);

        public sealed class ThrownException : Exception;
    }

    private sealed class Chorus(int callers, int each) : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text)
        {
            for (var i = 0; i < callers; i++)
            {
                var caller = i;
                Detach(async _ =>
                {
                    for (var n = 0; n < each; n++)
                    {
                        await SendTextAsync($"{caller} {n}");
                        await Task.Yield();
                    }
                });
            }

            return default;
        }
    }
}
