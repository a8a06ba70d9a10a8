using System.Net;
using System.Text;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Engine;

/// <summary>As many packets in one POST as fit into it.</summary>
[Proves("FG-10")]
public sealed class ManyPacketsTests
{
    [TestCase(1, 10_500, 10)]
    [TestCase(1, 1_000, 0)]
    [TestCase(16 * 1024, 20, 4)]
    public async Task Others_have_their_turn_between_packets(int length, int count, int turns)
    {
        await using var server = await EngineServer.StartAsync();
        var session = server.SessionOf(await BeginAsync(server));
        var thread = new ThreadOfOne();
        var handing = thread.Run(() => PollingTurns.HandAsync(session, Encoding.UTF8.GetBytes(Body(length, count)), session.Runtime.Metrics));
        var taken = 0;
        while (thread.RunNext())
        {
            Assert.That(handing.IsCompleted, Is.EqualTo(++taken == turns));
        }

        Assert.That((taken, await handing), Is.EqualTo((turns, true)));
    }

    [Test]
    public async Task More_in_a_second_than_a_websocket_may_send_end_the_session()
    {
        var time = new ManualTimeProvider();
        await using var server = await EngineServer.StartAsync(host: builder => builder.Services.AddSingleton<TimeProvider>(time));
        var sid = await BeginAsync(server);
        for (var i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await server.SendAsync(sid, Body(1, 60_000));
        }

        using var refused = await server.PostAsync(sid, Body(1, 60_000));
        Assert.That((refused.StatusCode, await refused.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.BadRequest, """{"code":3,"message":"Bad request"}""")));
        await server.ExpectClosedAsync(sid);
    }

    // Answers to pings, or messages.
    private static string Body(int length, int count) => string.Join('\u001e', Enumerable.Repeat(length == 1 ? "3" : $"4{new string('x', length - 1)}", count));

    private static async Task<string> BeginAsync(EngineServer server)
    {
        var sid = await server.OpenAsync();
        await server.SendAsync(sid, "4hello");
        Assert.That(await server.PollAsync(sid), Is.EqualTo("4hello"));
        return sid;
    }

    // What is to go on later waits until it is told to.
    private sealed class ThreadOfOne : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Go, object? State)> _later = new();

        public override void Post(SendOrPostCallback d, object? state) => _later.Enqueue((d, state));

        public T Run<T>(Func<T> work)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                return work();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }

        public bool RunNext() => _later.TryDequeue(out var next) && Run(() =>
        {
            next.Go(next.State);
            return true;
        });
    }
}
