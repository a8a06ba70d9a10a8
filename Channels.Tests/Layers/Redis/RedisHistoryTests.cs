using System.Globalization;
using System.Text.RegularExpressions;
using Channels.Layers.Redis;
using Channels.Tests.Consumers;
using Channels.Tests.Specifications;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Layers.Redis;

/// <summary>Histories over Redis when messages, answers, servers and data are lost.</summary>
[TestFixture("core")]
[TestFixture("pubsub")]
public sealed partial class RedisHistoryTests(string layout) : RedisTestBase
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
    public async Task A_restart_of_the_server_loses_nothing_and_doubles_nothing()
    {
        const int count = 600;
        var server = await StartServerAsync("--appendonly", "yes");
        var (one, two) = (StartProcess(server), StartProcess(server));
        MemberSocket[] sockets = [await JoinAsync(one), await JoinAsync(two), await JoinAsync(two, passesOn: true)];
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var publishing = Task.Run(async () =>
        {
            for (var n = 1; n <= count; n++)
            {
                await PublishWhenBackAsync(one, n);
                if (n == count / 2)
                {
                    half.SetResult();
                }
            }
        });
        await half.Task;
        await server.KillAsync();
        await server.RestartAsync();
        await publishing;
        foreach (var socket in sockets)
        {
            Assert.That(await ReceivedAsync(socket, count), Is.EqualTo(Texts(1, count)));
        }
    }

    [Test]
    [Description("Either may be the last that comes back: who reads what was missed needs the one for commands.")]
    public async Task Each_connection_that_is_back_is_told_of()
    {
        var server = await StartServerAsync();
        var process = StartProcess(server);
        await JoinAsync(process);
        var back = 0;
        ((IHistoryLayer)process.GetRequiredService<IChannelLayer>()).Parts.OnBack(() => Interlocked.Increment(ref back));
        await server.CommandAsync("CLIENT", "KILL", "TYPE", "normal"); // that for commands, and in the core layout the one that pops
        await Eventually.Is(() => Volatile.Read(ref back) >= (layout == "core" ? 2 : 1));
    }

    [Test]
    [Proves("SR-60")]
    public async Task The_last_message_is_found_though_nothing_follows_it()
    {
        var server = await StartServerAsync();
        var process = StartProcess(server, history: options => options.MaxAge = TimeSpan.FromSeconds(15)); // looks every five, and a busy machine has ten to read
        var socket = await JoinAsync(process);
        await HistoryOf(StartProcess(server)).AppendAsync("room", Numbered(1)); // nobody is told
        Assert.That(await ReceivedAsync(socket, 1), Is.EqualTo(Texts(1, 1)));
    }

    [Test]
    [Proves("SR-59")]
    public async Task What_is_dropped_doubled_and_overtaken_on_the_way_comes_once_and_in_order([Values] bool passesOn)
    {
        const int count = 1_000;
        var server = await StartServerAsync();
        var process = StartProcess(server, history: options => options.MaxMessages = 2 * count); // nothing is gone, however late the member reads
        var socket = await JoinAsync(process, passesOn);
        var local = ((IHistoryLayer)process.GetRequiredService<IChannelLayer>()).Local;
        var random = new Random(7);
        List<ChannelMessage> onTheirWay = [];
        for (var n = 1; n <= count; n++)
        {
            var position = await HistoryOf(process).AppendAsync("room", Numbered(n));
            for (var copies = random.Next(10) switch { 0 => 0, 1 => 2, _ => 1 }; copies > 0; copies--)
            {
                onTheirWay.Add(Numbered(n).At(new("room", position)));
            }

            while (onTheirWay.Count > 5)
            {
                var next = random.Next(onTheirWay.Count);
                local.SendToGroup("room", onTheirWay[next]);
                onTheirWay.RemoveAt(next);
            }
        }

        await HistoryOf(process).PublishAsync("room", Numbered(count + 1));
        Assert.That(await ReceivedAsync(socket, count + 1), Is.EqualTo(Texts(1, count + 1)));
    }

    [Test]
    public async Task Encrypted_messages_are_read_from_the_history_because_the_server_cannot_number_them()
    {
        var server = await StartServerAsync();
        var process = StartProcess(server, options => options.SymmetricEncryptionKeys.Add("a secret"));
        var socket = await JoinAsync(process);
        for (var n = 1; n <= 50; n++)
        {
            await HistoryOf(process).PublishAsync("room", Numbered(n));
        }

        Assert.That(await ReceivedAsync(socket, 50), Is.EqualTo(Texts(1, 50)));
        Assert.That((await HistoryOf(StartProcess(server)).ReadAsync("room", HistoryPosition.Oldest)).Messages, Is.All.Property("Type").EqualTo("history.unreadable"), "they keep their numbers for who has no key");
    }

    [Test]
    public async Task Messages_go_when_they_are_too_old()
    {
        var server = await StartServerAsync();
        var history = HistoryOf(StartProcess(server, history: options => options.MaxAge = TimeSpan.FromSeconds(2)));
        var first = await history.AppendAsync("room", Numbered(1));
        await Eventually.Is(async () =>
        {
            var position = await history.AppendAsync("room", Numbered(2));
            if (position.Epoch != first.Epoch)
            {
                first = position; // nobody wrote for so long that all was forgotten
            }

            return position != first && (await history.ReadAsync("room", first with { Offset = 0 })).Gone;
        });
        await Eventually.Is(async () => await server.CommandAsync("EXISTS", "asgi:history:{room}:head") == ":0\n", Patience);
        Assert.That((await history.ReadAsync("room", first)).Newest.Epoch, Is.Not.EqualTo(first.Epoch));
    }

    [Test]
    public async Task A_server_that_comes_back_with_older_numbers_begins_another_epoch()
    {
        var server = await StartServerAsync();
        var process = StartProcess(server, history: options => options.MaxAge = TimeSpan.FromSeconds(15)); // as above
        var socket = await JoinAsync(process);
        for (var n = 1; n <= 3; n++)
        {
            await HistoryOf(process).PublishAsync("room", Numbered(n));
        }

        await ReceivedAsync(socket, 3);
        await Eventually.Is(async () => (await HistoryOf(process).ReadAsync("room", HistoryPosition.Oldest, max: 0)).Newest.Offset == 3);
        await server.CommandAsync("XDEL", "asgi:history:{room}", "3-0");
        await server.CommandAsync("HSET", "asgi:history:{room}:head", "last", "2");
        await Eventually.Is(() => socket.Sent.Contains("room gone"), Patience);
        await server.CommandAsync("XTRIM", "asgi:history:{room}", "MAXLEN", "2");
        Assert.That(await ReceivedAsync(socket, 6), Is.EqualTo(new[] { "1@1", "2@2", "3@3", "room gone", "1@1", "2@2" }));
    }

    [Test]
    [Description("Reading is the first thing that members do when a connection is back; the process knows the numbers from the messages that came.")]
    public async Task Older_numbers_are_another_epoch_also_for_who_reads_first()
    {
        var server = await StartServerAsync();
        var process = StartProcess(server);
        var socket = await JoinAsync(process);
        HistoryPosition before = default;
        for (var n = 1; n <= 3; n++)
        {
            before = await HistoryOf(process).PublishAsync("room", Numbered(n));
        }

        await ReceivedAsync(socket, 3);
        await server.CommandAsync("XDEL", "asgi:history:{room}", "3-0");
        await server.CommandAsync("XSETID", "asgi:history:{room}", "2-0");
        await server.CommandAsync("HSET", "asgi:history:{room}:head", "last", "2");
        await server.CommandAsync("CLIENT", "KILL", "TYPE", layout == "core" ? "normal" : "pubsub");
        Assert.That(await ReceivedAsync(socket, 6), Is.EqualTo(new[] { "1@1", "2@2", "3@3", "room gone", "1@1", "2@2" }));
        await PublishWhenBackAsync(process, 4);
        Assert.That(await ReceivedAsync(socket, 7), Has.Member("4@3"), "under a number that had been given out in the other epoch");
        Assert.That((await HistoryOf(process).ReadAsync("room", before)).Gone, Is.True, "who was away has missed a message that bears a number which it has had");
    }

    [Test]
    public async Task A_message_whose_answer_was_lost_is_there_once()
    {
        var server = await StartServerAsync();
        var process = StartProcess(server);
        var socket = await JoinAsync(process);
        await HistoryOf(process).PublishAsync("room", Numbered(1)); // the members are known now
        var layer = (IHistoryLayer)process.GetRequiredService<IChannelLayer>();
        var writer = new HistoryWriter(layer.Parts, new());
        var draft = new HistoryDraft("room", Numbered(2), WirePosition.NewMark(), Again: false);
        var first = await layer.PublishAsync(draft, writer, default);
        await HistoryOf(process).PublishAsync("room", Numbered(3));
        Assert.That(await layer.PublishAsync(draft with { Again = true }, writer, default), Is.EqualTo(first));
        Assert.That(await layer.PublishAsync(draft with { Mark = WirePosition.NewMark(), Message = Numbered(4), Again = true }, writer, default), Is.EqualTo(first with { Offset = 4 }), "one that is not there is written");
        Assert.That(await ReceivedAsync(socket, 4), Is.EqualTo(Texts(1, 4)));
    }

    [Test]
    public async Task A_publish_is_one_script()
    {
        var server = await StartServerAsync();
        var process = StartProcess(server);
        var socket = await JoinAsync(process);
        await HistoryOf(process).PublishAsync("room", Numbered(1));
        var before = await ScriptsAsync(server);
        for (var n = 2; n <= 11; n++)
        {
            await HistoryOf(process).PublishAsync("room", Numbered(n));
        }

        Assert.That(await ScriptsAsync(server) - before, Is.InRange(10, 11), "what the connection does by itself may come besides");
        await ReceivedAsync(socket, 11);
    }

    [Test]
    public async Task While_the_server_is_away_publishing_and_joining_fail_at_once_and_members_go_on_afterwards()
    {
        var server = await StartServerAsync("--appendonly", "yes");
        var process = StartProcess(server);
        var socket = await JoinAsync(process);
        await server.KillAsync();
        await Eventually.Is(async () =>
        {
            try
            {
                await HistoryOf(process).PublishAsync("room", Numbered(0)).AsTask();
                return false;
            }
            catch (ChannelLayerUnavailableException error)
            {
                return !error.OutcomeUnknown;
            }
        });
        Assert.That(async () => await JoinAsync(process), Throws.TypeOf<ChannelLayerUnavailableException>());
        await server.RestartAsync();
        await PublishWhenBackAsync(process, 1);
        Assert.That(await ReceivedAsync(socket, 1), Is.EqualTo(Texts(1, 1)));
    }

    private ServiceProvider StartProcess(RedisServer server, Action<RedisLayerOptions>? configure = null, Action<HistoryOptions>? history = null)
    {
        var services = new ServiceCollection();
        var channels = services.AddChannels();
        void Configure(RedisLayerOptions options)
        {
            options.Hosts.Add(server.Address);
            RedisOptions.BePatient(options);
            configure?.Invoke(options);
        }

        _ = layout == "core" ? channels.AddRedisLayer(configure: Configure) : channels.AddRedisPubSubLayer(configure: Configure);
        services.Configure<HistoryOptions>(options => history?.Invoke(options));
        return Own(services.BuildServiceProvider());
    }

    private async Task<MemberSocket> JoinAsync(ServiceProvider process, bool passesOn = false)
    {
        var plan = new FollowerPlan();
        var socket = await MemberSocket.OpenAsync(passesOn ? Consumer.Of<PassingFollower>(plan) : Consumer.Of<HandlingFollower>(plan), process);
        _sockets.Add(socket);
        await plan.Joined.Task.WaitAsync(Patience);
        return socket;
    }

    private static IGroupHistory HistoryOf(ServiceProvider process) => process.GetRequiredService<IGroupHistory>();

    private static Task PublishWhenBackAsync(ServiceProvider process, long number) => Eventually.Is(async () =>
    {
        try
        {
            await HistoryOf(process).PublishAsync("room", Numbered(number));
            return true;
        }
        catch (ChannelLayerUnavailableException error)
        {
            return error.OutcomeUnknown && await IsWrittenAsync(process, number); // away for longer than the history tries by itself
        }
    });

    private static async Task<bool> IsWrittenAsync(ServiceProvider process, long number)
    {
        HistoryPage? page = null;
        await Eventually.Is(async () =>
        {
            try
            {
                page = await HistoryOf(process).ReadAsync("room", HistoryPosition.Oldest, max: 10_000);
                return true;
            }
            catch (ChannelLayerUnavailableException)
            {
                return false; // still away
            }
        });
        return page!.Messages.Any(message => message.Fields["n"].GetInt64() == number);
    }

    private static async Task<string[]> ReceivedAsync(MemberSocket socket, int count)
    {
        await Eventually.Is(() => socket.Sent.Length >= count, Patience, text: $"{count} messages");
        return [.. socket.Sent.Select(text => text.TrimStart('>'))];
    }

    private static string[] Texts(int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(n => $"{n}@{n}")];

    private static async Task<int> ScriptsAsync(RedisServer server) =>
        Scripts().Matches(await server.CommandAsync("INFO", "commandstats")).Sum(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"cmdstat_eval(?:sha)?:calls=(\d+)")]
    private static partial Regex Scripts();
}
