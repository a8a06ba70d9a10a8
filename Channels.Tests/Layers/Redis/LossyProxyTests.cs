using Channels.Layers.Redis;
using Channels.Tests.Consumers;
using Channels.Tests.Specifications;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Layers.Redis;

/// <summary>Histories, presence and requests of two processes between which a tenth of what is published is lost, and more comes in another order.</summary>
public sealed class LossyProxyTests : RedisTestBase
{
    private static readonly TimeSpan Patience = Eventually.Patience;
    private readonly List<MemberSocket> _sockets = [];

    [TearDown]
    public async Task EndSocketsAsync()
    {
        foreach (var socket in _sockets)
        {
            await socket.EndAsync();
        }

        _sockets.Clear();
    }

    [Test]
    [Proves("SR-59")]
    public async Task What_is_published_comes_once_and_in_order([Values] bool passesOn)
    {
        const int count = 500;
        var proxy = await StartProxyAsync();
        var (process, peer) = (StartProcess(proxy), StartProcess(proxy));
        var plan = new FollowerPlan();
        var socket = await OpenAsync(passesOn ? Consumer.Of<PassingFollower>(plan) : Consumer.Of<HandlingFollower>(plan), process);
        await plan.Joined.Task.WaitAsync(Patience);
        var history = peer.GetRequiredService<IGroupHistory>();
        var published = 0;
        while (published < count)
        {
            await history.PublishAsync("room", Numbered(++published));
        }

        await Eventually.Is(async () =>
        {
            await history.PublishAsync("room", Numbered(++published)); // shows the loss of the one before
            return socket.Sent.Length >= count;
        }, Patience);
        Assert.That(socket.Sent.Take(count).Select(text => text.TrimStart('>')), Is.EqualTo(Enumerable.Range(1, count).Select(n => $"{n}@{n}")));
        Assert.That(proxy.Lost, Is.Positive);
    }

    [Test]
    public async Task Who_watches_knows_who_is_there()
    {
        var proxy = await StartProxyAsync();
        var (process, peer) = (StartProcess(proxy), StartProcess(proxy));
        var watcher = await OpenAsync(Consumer.Of<WatchingMember>(new WatchPlan(Key: null)), process);
        var presence = peer.GetRequiredService<IGroupPresence>();
        var random = new Random(10);
        for (var i = 0; i < 300; i++)
        {
            var connection = $"specific.{random.Next(5)}";
            await (random.Next(2) == 0 ? presence.TrackAsync("room", connection, $"k{random.Next(4)}") : presence.UntrackAsync("room", connection));
        }

        HashSet<string> there = [.. (await presence.ListAsync("room")).Entries.Select(entry => entry.Key)];
        var late = 0;
        await Eventually.Is(async () =>
        {
            await presence.TrackAsync("room", $"specific.late.{++late}", $"late{late}"); // shows the loss of the one before
            return watcher.Sent.Any(text => text.StartsWith("+late", StringComparison.Ordinal));
        }, Patience);
        HashSet<string> known = [];
        foreach (var text in watcher.Sent.Skip(1).Where(text => !text.Contains("late", StringComparison.Ordinal)))
        {
            Assert.That(text[0] == '+' ? known.Add(text[1..]) : known.Remove(text[1..]), Is.True, "each news changes something");
        }

        Assert.That(known, Is.EquivalentTo(there));
        Assert.That(proxy.Lost, Is.Positive);
    }

    [Test]
    public async Task Each_request_runs_once_and_is_answered()
    {
        const int count = 200;
        var proxy = await StartProxyAsync();
        var (process, peer) = (StartProcess(proxy), StartProcess(proxy));
        var runs = 0;
        await using var channel = await AnsweringChannel.OpenAsync(peer.GetRequiredService<ChannelRequests>(), (request, _) =>
        {
            Interlocked.Increment(ref runs);
            return new(new ChannelMessage("test.answered", request.Fields));
        });
        var answers = await Task.WhenAll(Enumerable.Range(0, count).Select(n => process.GetRequiredService<ChannelRequests>().RequestAsync(
            channel.Name, new ChannelMessage("test.ask", new() { ["n"] = n }), Patience)));
        Assert.That(answers.Select(answer => answer.Fields["n"].GetInt64()), Is.EqualTo(Enumerable.Range(0, count)));
        Assert.That(runs, Is.EqualTo(count));
        Assert.That(proxy.Lost, Is.Positive);
    }

    private async Task<LossyProxy> StartProxyAsync() => Own(new LossyProxy((await StartServerAsync()).Port));

    private ServiceProvider StartProcess(LossyProxy proxy)
    {
        var services = new ServiceCollection();
        services.AddChannels().AddRedisPubSubLayer(configure: options =>
        {
            options.Hosts.Add(proxy.Address);
            RedisOptions.BePatient(options);
            options.Capacity = 10_000; // what is lost is lost on the way
        });
        return Own(services.BuildServiceProvider());
    }

    private async Task<MemberSocket> OpenAsync(Application application, ServiceProvider process)
    {
        var socket = await MemberSocket.OpenAsync(application, process);
        _sockets.Add(socket);
        return socket;
    }
}
