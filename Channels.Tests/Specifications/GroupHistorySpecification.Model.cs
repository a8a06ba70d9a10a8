using Channels.Tests.Consumers;
using Channels.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Specifications;

public abstract partial class GroupHistorySpecification
{
    /// <summary>How many interleavings the model is compared with.</summary>
    protected virtual int Interleavings => 300;

    [Test]
    public async Task Any_interleaving_gives_what_a_list_would()
    {
        var process = await StartProcessAsync(options => options.MaxMessages = GroupHistoryModel.Kept);
        var peer = await StartPeerAsync(process, options => options.MaxMessages = GroupHistoryModel.Kept);
        var run = 0;
        await Task.Run(() => Prop.ForAll(GroupHistoryModel.Runs, steps => CompareAsync(process, peer, $"room.{run++}", steps).WaitAsync(Patience).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Interleavings)));
    }

    private static async Task CompareAsync(ServiceProvider process, ServiceProvider peer, string room, GroupHistoryModel.Step[] steps)
    {
        var sockets = new MemberSocket?[GroupHistoryModel.Clients];
        var clients = Enumerable.Range(0, GroupHistoryModel.Clients).Select(_ => new GroupHistoryModel.Client()).ToArray();
        var (newest, appended) = (0L, false);
        var epoch = (await HistoryOf(process).ReadAsync(room, HistoryPosition.Oldest)).Newest.Epoch;
        foreach (var step in steps)
        {
            var client = clients[step.Who];
            switch (step.What)
            {
                case GroupHistoryModel.Kind.Publish or GroupHistoryModel.Kind.Append:
                    appended = step.What == GroupHistoryModel.Kind.Append;
                    for (var i = 0; i < (appended ? 1 : step.Count); i++)
                    {
                        newest++;
                        var history = HistoryOf(step.Who % 2 == 0 ? process : peer);
                        await (appended ? history.AppendAsync(room, Numbered(newest)) : history.PublishAsync(room, Numbered(newest)));
                        Array.ForEach(clients, each => each.Published(newest, newest));
                    }

                    if (!appended)
                    {
                        await SettleAsync(); // so that nobody is slower than what is kept
                    }

                    break;
                case GroupHistoryModel.Kind.Break:
                    await BreakAsync(step.Who);
                    break;
                default:
                    await BreakAsync(step.Who);
                    await JoinAsync(step.Who, step.What switch
                    {
                        GroupHistoryModel.Kind.Join => null,
                        GroupHistoryModel.Kind.JoinOldest => HistoryPosition.Oldest,
                        _ => new HistoryPosition(epoch, client.Last),
                    });
                    break;
            }
        }

        await HistoryOf(peer).PublishAsync(room, Numbered(++newest)); // shows what was only written down
        Array.ForEach(clients, each => each.Published(newest, newest));
        await SettleAsync();
        foreach (var socket in sockets.OfType<MemberSocket>())
        {
            await socket.EndAsync();
        }

        async Task BreakAsync(int who)
        {
            if (sockets[who] is { } socket)
            {
                if (!appended)
                {
                    await SettleAsync();
                }

                await socket.EndAsync();
                sockets[who] = null;
                clients[who].Break();
                if (appended)
                {
                    clients[who].Had(socket.Sent.Length); // it may have missed what nobody told of
                }
            }
        }

        async Task JoinAsync(int who, HistoryPosition? since)
        {
            var plan = new FollowerPlan { Since = since, Group = room };
            sockets[who] = await MemberSocket.OpenAsync(who % 2 == 0 ? Consumer.Of<HandlingFollower>(plan) : Consumer.Of<PassingFollower>(plan), who < 2 ? process : peer);
            var join = await plan.Joined.Task;
            var oldest = Math.Max(1, newest - GroupHistoryModel.Kept + 1);
            var gone = clients[who].Join(since is { } position ? position == HistoryPosition.Oldest ? oldest - 1 : position.Offset : null, newest, oldest);
            Assert.That(join, Is.EqualTo(new HistoryJoin(new(epoch, newest), gone)));
        }

        async Task SettleAsync()
        {
            for (var i = 0; i < sockets.Length; i++)
            {
                if (sockets[i] is { } socket)
                {
                    Assert.That(await ReceivedAsync(socket, clients[i].Expected.Count), Is.EqualTo(clients[i].Expected));
                }
            }
        }
    }
}
