using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>Clients that are not read from, as their applications have enough to do.</summary>
public sealed class HeldUpTests
{
    [TestCase(true)]
    [TestCase(false)]
    [Proves("S-SIO-59")]
    public async Task That_a_client_has_gone_is_heard_while_it_is_not_read_from(bool polling)
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EngineServer.StartAsync(
            async (scope, receive, _) =>
            {
                await receive();
                taken.SetResult();
                await Task.Delay(Timeout.Infinite, scope.Aborted);
            },
            options => options.MaxInboundMessageCount = 2);
        if (polling)
        {
            var sid = await server.OpenAsync();
            using var cut = new CancellationTokenSource();
            await server.SendAsync(sid, "40");
            await taken.Task;
            var post = server.Http.PostAsync(EngineServer.Path($"{EngineServer.Polling}&sid={sid}"), new StringContent("41\u001e42\u001e43\u001e44"), cut.Token);
            await Eventually.Is(() => server.SessionOf(sid).Inbound.IsBlocking);
            await cut.CancelAsync();
            Assert.That(() => post, Throws.InstanceOf<OperationCanceledException>());
        }
        else
        {
            var (socket, session) = await server.OpenSocketAsync();
            using var end = socket;
            await socket.SendTextAsync("40");
            await taken.Task;
            for (var i = 1; i < 5; i++)
            {
                await socket.SendTextAsync($"4{i}");
            }

            await Eventually.Is(() => session.Inbound.IsBlocking);
            socket.Abort();
        }

        await Eventually.Is(() => server.Engine.Count == 0);
    }
}
