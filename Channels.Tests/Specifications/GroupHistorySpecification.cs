using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Specifications;

/// <summary>The contract of histories, proven on every one by deriving from this fixture.</summary>
public abstract partial class GroupHistorySpecification
{
    private protected const string Room = "room";
    private readonly List<ServiceProvider> _processes = [];
    private readonly List<MemberSocket> _sockets = [];

    /// <summary>How many messages the volume tests publish.</summary>
    protected virtual int Volume => 4_000;

    /// <summary>Registers the layer under test, with its history.</summary>
    protected abstract ValueTask AddLayerAsync(ChannelsBuilder builder);

    [TearDown]
    public async Task EndProcessesAsync()
    {
        foreach (var socket in _sockets)
        {
            await socket.EndAsync();
        }

        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }

    /// <summary>The services of one process of the fleet; asked again they are another process', where the layer has more than one.</summary>
    private protected async Task<ServiceProvider> StartProcessAsync(Action<HistoryOptions>? configure = null)
    {
        var services = new ServiceCollection();
        await AddLayerAsync(services.AddChannels());
        services.Configure<HistoryOptions>(options => configure?.Invoke(options));
        var process = services.BuildServiceProvider();
        _processes.Add(process);
        return process;
    }

    /// <summary>Another process of the fleet; the same one for a layer of one process.</summary>
    private protected virtual Task<ServiceProvider> StartPeerAsync(ServiceProvider process, Action<HistoryOptions>? configure = null) => StartProcessAsync(configure);

    /// <summary>A socket whose consumer joins the room, and sends what it gets as <c>n@offset</c>.</summary>
    private protected async Task<(MemberSocket Socket, HistoryJoin Join)> JoinAsync(ServiceProvider process, HistoryPosition? since = null, bool passesOn = false, FollowerPlan? plan = null)
    {
        plan ??= new();
        plan.Since = since;
        var socket = await MemberSocket.OpenAsync(passesOn ? Consumer.Of<PassingFollower>(plan) : Consumer.Of<HandlingFollower>(plan), process);
        _sockets.Add(socket);
        return (socket, await plan.Joined.Task.WaitAsync(Patience));
    }

    private protected static TimeSpan Patience { get; } = Eventually.Patience;

    private protected static IGroupHistory HistoryOf(ServiceProvider process) => process.GetRequiredService<IGroupHistory>();

    private protected static ChannelMessage Numbered(long number) => new("test.numbered", new() { ["n"] = number });

    private protected static long NumberOf(ChannelMessage message) => message.Fields["n"].GetInt64();

    private protected static async Task PublishAsync(ServiceProvider process, int first, int last)
    {
        for (var n = first; n <= last; n++)
        {
            await HistoryOf(process).PublishAsync(Room, Numbered(n));
        }
    }

    /// <summary>Waits until the socket has sent so many, and gives them without the mark of the way that they took.</summary>
    private protected static async Task<string[]> ReceivedAsync(MemberSocket socket, int count)
    {
        await Eventually.Is(() => socket.Sent.Length >= count, Patience, text: $"{count} messages");
        return [.. socket.Sent.Select(text => text.TrimStart('>'))];
    }

    /// <summary>What a follower sends for messages whose number is their offset.</summary>
    private protected static string[] Texts(int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(n => $"{n}@{n}")];
}
