using Channels.SocketRouter;

namespace Channels.Tests.SocketRouter;

/// <summary>What meets a request that has just ended.</summary>
public sealed class RequestEndTests
{
    [Test]
    public async Task A_request_can_be_given_up_when_its_handler_has_ended()
    {
        var request = new SocketRequest(new Peer(), new("a", "A", null), new Envelope());
        Assert.That(request.Aborted.IsCancellationRequested, Is.False);
        await request.EndAsync();

        Assert.That(() => request.Cancel(), Throws.Nothing);
        Assert.That(request.Aborted.IsCancellationRequested);
    }

    private sealed class Peer : IRequestPeer
    {
        public SocketRouterOptions Options { get; } = new();

        public IServiceProvider Services => throw new NotSupportedException();

        public CancellationToken Aborted => CancellationToken.None;

        public IGroupHistory History => throw new NotSupportedException();

        public string User => "";

        public void BeginBurst()
        {
        }

        public void EndBurst()
        {
        }

        public ValueTask SendAsync(ReadOnlyMemory<byte> frame) => ValueTask.CompletedTask;
    }
}
