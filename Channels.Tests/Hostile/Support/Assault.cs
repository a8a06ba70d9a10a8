using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>
/// One attack while it lasts: opens the attackers' connections and closes them when it is over. Its time runs once attackers are
/// in their places, however long that takes on a busy machine. Thread-safe.
/// </summary>
internal sealed class Assault : IDisposable
{
    private static readonly TimeSpan LastLook = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan DripInterval = TimeSpan.FromMilliseconds(250);
    private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 32 };

    private readonly CancellationTokenSource _over;
    private readonly ConcurrentBag<Attacker> _attackers = [];

    public Assault(HostileServer server, TimeSpan duration) => (Server, Duration, _over) = (server, duration, new CancellationTokenSource(Patience));

    public HostileServer Server { get; }

    public TimeSpan Duration { get; }

    /// <summary>Fires when the attack has lasted long enough.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>How many attackers: few in every run, many where the attack is measured.</summary>
    public int Many(int few, int many) => Lasts(TimeSpan.FromSeconds(10)) ? many : few;

    /// <summary>Whether the attack lasts longer than a limit of the server's, with time to see it act.</summary>
    public bool Lasts(TimeSpan limit) => Duration >= limit + TimeSpan.FromSeconds(3);

    /// <summary>A bare connection.</summary>
    /// <param name="to">One of the server's endpoints; null for HTTP/1.1.</param>
    /// <param name="receiveBuffer">How much the system takes that nobody reads; 0 for what it likes.</param>
    public async Task<Attacker> ConnectAsync(Uri? to = null, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        var attacker = new Attacker(socket, Over);
        _attackers.Add(attacker);
        await attacker.ConnectAsync(new IPEndPoint(IPAddress.Loopback, (to ?? Server.Http1).Port));
        return attacker;
    }

    /// <summary>A WebSocket after its handshake.</summary>
    public async Task<Attacker> OpenSocketAsync(string path = "/echo", string headers = "", int receiveBuffer = 0)
    {
        var attacker = await ConnectAsync(receiveBuffer: receiveBuffer);
        await attacker.SendAsync(Encoding.ASCII.GetBytes(RawWebSocketClient.Request(headers, path: path)));
        await attacker.ReadStatusAsync(Over);
        return attacker;
    }

    /// <summary>The attack's time begins, for one that needs no preparation.</summary>
    public void Begin() => _over.CancelAfter(Duration);

    /// <summary>Does all that comes before the attack: its time begins when that is done.</summary>
    public async Task PrepareAsync(Func<Task> preparation)
    {
        _over.CancelAfter(Patience);
        await preparation();
        Begin();
    }

    /// <summary>Opens many connections, some at a time, before the attack.</summary>
    /// <param name="count">How many.</param>
    /// <param name="open">Opens one.</param>
    /// <param name="then">What each does before the attack once all are open; null for nothing.</param>
    public async Task<IReadOnlyList<Attacker>> GatherAsync(int count, Func<Task<Attacker>> open, Func<Attacker, Task>? then = null)
    {
        IReadOnlyList<Attacker> all = [];
        await PrepareAsync(async () =>
        {
            all = await OpenAsync(count, open);
            await Task.WhenAll(all.Select(attacker => then?.Invoke(attacker) ?? Task.CompletedTask));
        });
        return all;
    }

    /// <summary>Opens many connections, some at a time.</summary>
    public static async Task<IReadOnlyList<Attacker>> OpenAsync(int count, Func<Task<Attacker>> open)
    {
        var all = new ConcurrentBag<Attacker>();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), AtOnce, async (_, _) => all.Add(await open()));
        return [.. all];
    }

    /// <summary>So many attackers do the same again and again until the attack is over.</summary>
    /// <param name="attackers">How many.</param>
    /// <param name="attack">One try.</param>
    /// <param name="atLeast">After how many tries the attack's time begins to run; for tries that end by themselves.</param>
    /// <returns>How each try ended.</returns>
    public async Task<IReadOnlyList<string>> RepeatAsync(int attackers, Func<Task<string>> attack, int atLeast = 0)
    {
        var fates = new ConcurrentBag<string>();
        var missing = atLeast;
        if (atLeast == 0)
        {
            Begin();
        }

        await Task.WhenAll(Enumerable.Range(0, attackers).Select(_ => Task.Run(async () =>
        {
            do
            {
                fates.Add(await attack());
                if (Interlocked.Decrement(ref missing) == 0)
                {
                    Begin();
                }
            }
            while (!Over.IsCancellationRequested);
        })));
        return [.. fates];
    }

    /// <summary>Fires soon, and when the attack is over: for answers that come at once or not at all.</summary>
    public CancellationTokenSource Soon()
    {
        var soon = CancellationTokenSource.CreateLinkedTokenSource(Over);
        soon.CancelAfter(LastLook);
        return soon;
    }

    /// <summary>Waits until the attack is over.</summary>
    public Task OverAsync() => Task.Delay(Timeout.InfiniteTimeSpan, Over).ContinueWith(_ => { }, TaskScheduler.Default);

    /// <summary>Sends the bytes one at a time, slowly, until the attack or the connection is over.</summary>
    public async Task DripAsync(Attacker attacker, byte[] bytes)
    {
        for (var i = 0; i < bytes.Length && await attacker.SendAsync(bytes.AsMemory(i, 1)); i++)
        {
            await Task.WhenAny(Task.Delay(DripInterval), OverAsync());
        }
    }

    /// <summary>How each connection has ended, or that it has not.</summary>
    public static async Task<IReadOnlyList<string>> FatesAsync(IEnumerable<Attacker> attackers, Func<Attacker, CancellationToken, Task<string>> look)
    {
        using var limit = new CancellationTokenSource(LastLook);
        return await Task.WhenAll(attackers.Select(attacker => look(attacker, limit.Token)));
    }

    /// <summary>As <see cref="FatesAsync(IEnumerable{Attacker}, Func{Attacker, CancellationToken, Task{string}})"/>, once at least so many have met this fate.</summary>
    public static async Task<IReadOnlyList<string>> FatesAsync(IEnumerable<Attacker> attackers, Func<Attacker, CancellationToken, Task<string>> look, string fate, int atLeast)
    {
        using var enough = new CancellationTokenSource();
        Task<string>[] looks = [.. attackers.Select(attacker => look(attacker, enough.Token))];
        await Eventually.Is(() => looks.Count(each => each.IsCompleted && each.Result == fate) >= atLeast || looks.All(each => each.IsCompleted));
        await enough.CancelAsync();
        return await Task.WhenAll(looks);
    }

    public void Dispose()
    {
        _over.Cancel();
        foreach (var attacker in _attackers)
        {
            attacker.Dispose();
        }

        _over.Dispose();
    }
}
